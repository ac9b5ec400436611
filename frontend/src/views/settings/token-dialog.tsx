/** Makes a named token, and shows its secret the only time that anybody can. */

import { Button, Group, NativeSelect, SegmentedControl, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { createToken, tokensQuery } from "../../api/access";
import { ApiProblem, describeError } from "../../api/problem";
import type { NewToken, Role } from "../../api/types";
import { serverAddress } from "../../format/addresses";
import { CopyField } from "../../ui/copy-field";
import { Dialog } from "../../ui/dialog";
import { Icon } from "../../ui/icons";
import styles from "./access-settings.module.css";
import { ROLE_MEANINGS, ROLES, TOKEN_EXPIRIES, USUAL_TOKEN_EXPIRY, untilText } from "./access-text";

export function TokenDialog({ onClose }: { readonly onClose: () => void }) {
  const queries = useQueryClient();
  const making = useMutation({
    mutationFn: createToken,
    onSuccess: () => queries.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  });
  const made = making.data;
  return (
    <Dialog
      title={made === undefined ? "New token" : `The token “${made.details.name}”`}
      isHeld={made !== undefined}
      onClose={onClose}
    >
      {made === undefined ? (
        <TokenForm
          error={making.error}
          isPending={making.isPending}
          onMake={(name, role, expiresInS) =>
            making.mutate({ name, role, expires_in_s: expiresInS })
          }
          onChange={making.reset}
          onClose={onClose}
        />
      ) : (
        <Secret made={made} onClose={onClose} />
      )}
    </Dialog>
  );
}

interface TokenFormProps {
  readonly error: Error | null;
  readonly isPending: boolean;
  readonly onMake: (name: string, role: Role, expiresInS: number | null) => void;
  readonly onChange: () => void;
  readonly onClose: () => void;
}

function TokenForm({ error, isPending, onMake, onChange, onClose }: TokenFormProps) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [expiry, setExpiry] = useState(USUAL_TOKEN_EXPIRY);
  const roleId = useId();
  const trouble = refusal(error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const seconds = TOKEN_EXPIRIES.find(({ label }) => label === expiry)?.seconds ?? null;
    if (name.trim() !== "" && !isPending) onMake(name.trim(), role, seconds);
  };
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <TextInput
        label="Name"
        description="Of whom or what it is for. The ledger shows it with what was done."
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
      <fieldset className={styles.field}>
        <span id={roleId} className={styles.label}>
          Role
        </span>
        <SegmentedControl
          aria-labelledby={roleId}
          data={[...ROLES]}
          value={role}
          onChange={(value) => setRole(ROLES.find((each) => each === value) ?? "viewer")}
        />
        <p className={styles.quiet} aria-live="polite">
          {role}: {ROLE_MEANINGS[role]}.
        </p>
      </fieldset>
      <NativeSelect
        label="Ends after"
        data={TOKEN_EXPIRIES.map(({ label }) => label)}
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
          Make the token
        </Button>
      </Group>
    </form>
  );
}

/** What the server says, at the field that it is about. */
export function refusal(error: Error | null): { name: string | null; other: string | null } {
  if (error === null) return { name: null, other: null };
  if (error instanceof ApiProblem) {
    if (error.code === "name_taken") return { name: error.message, other: null };
    const about = error.fields.find(({ loc }) => loc.includes("name"));
    if (about !== undefined) return { name: about.message, other: null };
  }
  return { name: null, other: describeError(error) };
}

function Secret({ made, onClose }: { readonly made: NewToken; readonly onClose: () => void }) {
  const { token, details } = made;
  return (
    <div className={styles.form}>
      <p className={styles.once}>
        <Icon name="warning" size={14} />
        <span>
          <b>Copy it now: it will not be shown again.</b> The server keeps only a digest of it.
          Whoever has it is {details.role === "viewer" ? "a viewer" : `an ${details.role}`} here,{" "}
          {untilText(details.expires_at)}.
        </span>
      </p>
      <CopyField what="the token" text={token} isFirst />
      <p className={styles.quiet}>
        A script sends it with every request; a person pastes it where the page asks for a token.
      </p>
      <CopyField
        what="an example"
        text={`curl -H "Authorization: Bearer ${token}" ${serverAddress()}/api/v1/runs`}
      />
      <Group justify="flex-end" mt="xs">
        <Button variant="filled" onClick={onClose}>
          I have copied it
        </Button>
      </Group>
    </div>
  );
}
