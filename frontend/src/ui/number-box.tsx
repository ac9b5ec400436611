/** A box for a number as people type it, 3e-4 included; commits on Enter and on leaving. */

import { TextInput } from "@mantine/core";
import { useState } from "react";
import { formatSetting, parseNumber } from "../format/numbers";
import styles from "./number-box.module.css";

interface NumberBoxProps {
  readonly value: number;
  readonly label: string;
  readonly disabled?: boolean;
  readonly onCommit: (value: number) => void;
}

export function NumberBox({ value, label, disabled = false, onCommit }: NumberBoxProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const parsed = typed === null ? value : parseNumber(typed);
  const commit = () => {
    if (parsed === null) return;
    setTyped(null);
    if (parsed !== value) onCommit(parsed);
  };
  return (
    <TextInput
      className={styles.box}
      aria-label={label}
      inputMode="decimal"
      autoComplete="off"
      spellCheck={false}
      disabled={disabled}
      value={typed ?? formatSetting(value)}
      error={parsed === null}
      title={parsed === null ? "not a number" : undefined}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === "Enter") {
          // Takes the number, and does not send the form around it.
          event.preventDefault();
          commit();
        }
        if (event.key === "Escape") setTyped(null);
      }}
    />
  );
}
