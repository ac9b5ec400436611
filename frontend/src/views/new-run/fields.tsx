/** The form's simple fields, each with the server's words about it underneath. */

import { SegmentedControl, Switch, TextInput } from "@mantine/core";
import { useId } from "react";
import styles from "./new-run-page.module.css";
import type { DraftFields } from "./run-draft";

type NamesOf<T> = {
  [Name in keyof DraftFields]: DraftFields[Name] extends T ? Name : never;
}[keyof DraftFields];
export type TextFieldName = NamesOf<string>;
export type SwitchFieldName = NamesOf<boolean>;

/** What every field needs of the form. */
export interface FieldForm {
  readonly fields: DraftFields;
  readonly errors: ReadonlyMap<string, string>;
  readonly onChange: (part: Partial<DraftFields>) => void;
}

interface TextFieldProps {
  readonly form: FieldForm;
  readonly name: TextFieldName;
  readonly label: string;
  readonly description: string;
}

export function TextField({ form, name, label, description }: TextFieldProps) {
  return (
    <TextInput
      label={label}
      description={description}
      value={form.fields[name]}
      error={form.errors.get(name)}
      autoComplete="off"
      onChange={(event) => form.onChange({ [name]: event.currentTarget.value })}
    />
  );
}

interface ChoiceFieldProps {
  readonly form: FieldForm;
  readonly name: TextFieldName;
  readonly label: string;
  readonly description?: string;
  readonly choices: readonly string[];
}

export function ChoiceField({ form, name, label, description, choices }: ChoiceFieldProps) {
  const id = useId();
  const error = form.errors.get(name);
  return (
    <fieldset className={styles.field} data-invalid={error !== undefined || undefined}>
      <span id={id}>{label}</span>
      {description !== undefined && <span className={styles.description}>{description}</span>}
      <SegmentedControl
        aria-labelledby={id}
        data={[...choices]}
        value={form.fields[name]}
        onChange={(choice) => form.onChange({ [name]: choice })}
      />
      {error !== undefined && <FieldError>{error}</FieldError>}
    </fieldset>
  );
}

interface SwitchFieldProps {
  readonly form: FieldForm;
  readonly name: SwitchFieldName;
  readonly label: string;
  readonly description: string;
}

export function SwitchField({ form, name, label, description }: SwitchFieldProps) {
  const error = form.errors.get(name);
  return (
    <Switch
      className={styles.switch}
      classNames={{ description: styles.switchNote ?? "", error: styles.switchNote ?? "" }}
      label={label}
      description={description}
      error={error}
      aria-invalid={error !== undefined}
      checked={form.fields[name]}
      onChange={(event) => form.onChange({ [name]: event.currentTarget.checked })}
    />
  );
}

function FieldError({ children }: { children: string }) {
  return (
    <span className={styles.fieldError} role="alert">
      {children}
    </span>
  );
}
