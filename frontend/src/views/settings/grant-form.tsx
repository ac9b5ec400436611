/** What is asked before access is given, by a token or by a link: a name, and when it ends. */

import { Button, Group, NativeSelect, TextInput } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import { ApiProblem, describeError } from "../../api/problem";
import styles from "./access-settings.module.css";
import type { Expiry } from "./access-text";

const NAME_LENGTH = 60;

interface GrantFormProps<Choice extends Expiry> {
  /** Above the fields. */
  readonly lead?: ReactNode;
  readonly usualName: string;
  readonly nameHint: string;
  /** Between the name and the end. */
  readonly children?: ReactNode;
  readonly expiries: readonly Choice[];
  /** The label of one of them. */
  readonly usualExpiry: string;
  readonly action: string;
  readonly error: Error | null;
  readonly isPending: boolean;
  readonly onGrant: (name: string, expiresInS: Choice["seconds"]) => void;
  readonly onChange: () => void;
  readonly onClose: () => void;
}

export function GrantForm<Choice extends Expiry>({
  lead,
  usualName,
  nameHint,
  children,
  expiries,
  usualExpiry,
  action,
  error,
  isPending,
  onGrant,
  onChange,
  onClose,
}: GrantFormProps<Choice>) {
  const [name, setName] = useState(usualName);
  const [expiry, setExpiry] = useState(usualExpiry);
  const trouble = refusal(error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const chosen = expiries.find(({ label }) => label === expiry);
    if (chosen !== undefined && name.trim() !== "" && !isPending) {
      onGrant(name.trim(), chosen.seconds);
    }
  };
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {lead}
      <TextInput
        label="Name"
        description={nameHint}
        value={name}
        error={trouble.name}
        maxLength={NAME_LENGTH}
        autoComplete="off"
        data-autofocus
        onChange={(event) => {
          setName(event.currentTarget.value);
          onChange();
        }}
      />
      {children}
      <NativeSelect
        label="Ends after"
        data={expiries.map(({ label }) => label)}
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
          {action}
        </Button>
      </Group>
    </form>
  );
}

/** What the server says, at the field that it is about. */
function refusal(error: Error | null): { name: string | null; other: string | null } {
  if (error === null) return { name: null, other: null };
  if (error instanceof ApiProblem) {
    if (error.code === "name_taken") return { name: error.message, other: null };
    const about = error.fields.find(({ loc }) => loc.includes("name"));
    if (about !== undefined) return { name: about.message, other: null };
  }
  return { name: null, other: describeError(error) };
}
