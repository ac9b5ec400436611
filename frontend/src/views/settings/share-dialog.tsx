/** Makes a link by which a class looks on, and shows it: to copy, and large for a projector. */

import { Button, Group, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, lazy, Suspense, useState } from "react";
import { shareLink, tokensQuery } from "../../api/access";
import type { LoginLink } from "../../api/types";
import { CopyField } from "../../ui/copy-field";
import { Dialog } from "../../ui/dialog";
import { Icon } from "../../ui/icons";
import styles from "./access-settings.module.css";
import { LINK_EXPIRIES, linkName, localOnly, USUAL_LINK_EXPIRY, untilText } from "./access-text";
import { refusal } from "./token-dialog";

const LargeLink = lazy(() => import("./large-link").then((part) => ({ default: part.LargeLink })));

interface Shared {
  readonly address: string;
  readonly expiresAt: string;
}

export function ShareDialog({ onClose }: { readonly onClose: () => void }) {
  const queries = useQueryClient();
  const sharing = useMutation({
    mutationFn: async ({ name, seconds }: { name: string; seconds: number }) =>
      sharedFrom(await shareLink(name, seconds)),
    onSuccess: () => queries.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  });
  const shared = sharing.data;
  return (
    <Dialog
      title={shared === undefined ? "Share a link for a class" : "A link for the class"}
      isHeld={shared !== undefined}
      onClose={onClose}
    >
      {shared === undefined ? (
        <ShareForm
          error={sharing.error}
          isPending={sharing.isPending}
          onShare={(name, seconds) => sharing.mutate({ name, seconds })}
          onChange={sharing.reset}
          onClose={onClose}
        />
      ) : (
        <SharedLink shared={shared} onClose={onClose} />
      )}
    </Dialog>
  );
}

interface ShareFormProps {
  readonly error: Error | null;
  readonly isPending: boolean;
  readonly onShare: (name: string, seconds: number) => void;
  readonly onChange: () => void;
  readonly onClose: () => void;
}

function ShareForm({ error, isPending, onShare, onChange, onClose }: ShareFormProps) {
  const [name, setName] = useState(() => linkName(Date.now()));
  const [expiry, setExpiry] = useState(USUAL_LINK_EXPIRY);
  const trouble = refusal(error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const chosen = LINK_EXPIRIES.find(({ label }) => label === expiry);
    if (chosen !== undefined && name.trim() !== "" && !isPending) {
      onShare(name.trim(), chosen.seconds);
    }
  };
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <p>
        Whoever opens the link sees every run live and can steer nothing: as many as want, in any
        browser, until it ends or is revoked.
      </p>
      <TextInput
        label="Name"
        description="By which an admin finds it in the list, and can revoke it."
        value={name}
        error={trouble.name}
        maxLength={60}
        autoComplete="off"
        data-autofocus
        onChange={(event) => {
          setName(event.currentTarget.value);
          onChange();
        }}
      />
      <NativeSelect
        label="Ends after"
        data={LINK_EXPIRIES.map(({ label }) => label)}
        value={expiry}
        onChange={(event) => setExpiry(event.currentTarget.value)}
      />
      {trouble.other !== null && (
        <p className={styles.error} role="alert">
          {trouble.other}
        </p>
      )}
      <Group justify="flex-end" mt="xs" gap="xs">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="filled" loading={isPending} disabled={name.trim() === ""}>
          Make the link
        </Button>
      </Group>
    </form>
  );
}

function sharedFrom({ path, expires_in_s: expiresInS }: LoginLink): Shared {
  return {
    // The path begins with the prefix, where the server has one.
    address: `${window.location.origin}${path}`,
    expiresAt: new Date(Date.now() + expiresInS * 1000).toISOString(),
  };
}

interface SharedLinkProps {
  readonly shared: Shared;
  readonly onClose: () => void;
}

function SharedLink({ shared, onClose }: SharedLinkProps) {
  const [isLarge, setLarge] = useState(false);
  const { address, expiresAt } = shared;
  const care = localOnly(window.location.hostname);
  return (
    <>
      <div className={styles.form}>
        <p className={styles.once}>
          <Icon name="warning" size={14} />
          <span>
            <b>Copy it now: it will not be shown again.</b> Whoever has it can look on,{" "}
            {untilText(expiresAt)}.
          </span>
        </p>
        <CopyField what="the link" text={address} isFirst />
        {care !== null && <p className={styles.care}>{care}</p>}
        <Group justify="space-between" mt="xs" gap="xs">
          <Button leftSection={<Icon name="glasses" size={14} />} onClick={() => setLarge(true)}>
            Show it large
          </Button>
          <Button variant="filled" onClick={onClose}>
            I have copied it
          </Button>
        </Group>
      </div>
      {isLarge && (
        <Suspense>
          <LargeLink
            address={address}
            until={untilText(expiresAt)}
            onClose={() => setLarge(false)}
          />
        </Suspense>
      )}
    </>
  );
}
