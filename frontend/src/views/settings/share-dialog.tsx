/** Makes a link by which a class looks on, and shows it: to copy, and large for a projector. */

import { Button, Group } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { shareLink, tokensQuery } from "../../api/access";
import type { LoginLink } from "../../api/types";
import { CopyField } from "../../ui/copy-field";
import { Dialog } from "../../ui/dialog";
import { Icon } from "../../ui/icons";
import styles from "./access-settings.module.css";
import { LINK_EXPIRIES, linkName, localOnly, USUAL_LINK_EXPIRY, untilText } from "./access-text";
import { GrantForm } from "./grant-form";

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
        <GrantForm
          lead={
            <p>
              Whoever opens the link sees every run live and can steer nothing: as many as want, in
              any browser, until it ends or is revoked.
            </p>
          }
          usualName={linkName(Date.now())}
          nameHint="By which an admin finds it in the list, and can revoke it."
          expiries={LINK_EXPIRIES}
          usualExpiry={USUAL_LINK_EXPIRY}
          action="Make the link"
          error={sharing.error}
          isPending={sharing.isPending}
          onGrant={(name, seconds) => sharing.mutate({ name, seconds })}
          onChange={sharing.reset}
          onClose={onClose}
        />
      ) : (
        <SharedLink shared={shared} onClose={onClose} />
      )}
    </Dialog>
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
