/** One of many short words: radio buttons in a row that wraps. */

import { useId } from "react";
import styles from "./choice-chips.module.css";

export interface Chip<Value extends string> {
  readonly value: Value;
  readonly label: string;
  /** Why it can't be chosen now; null if it can. */
  readonly obstacle: string | null;
}

interface ChoiceChipsProps<Value extends string> {
  readonly label: string;
  readonly chips: readonly Chip<Value>[];
  readonly value: Value;
  readonly onChoose: (value: Value) => void;
}

export function ChoiceChips<Value extends string>(props: ChoiceChipsProps<Value>) {
  const { label, chips, value, onChoose } = props;
  const group = useId();
  return (
    <fieldset className={styles.chips}>
      <legend className="visually-hidden">{label}</legend>
      {chips.map((chip) => (
        <label
          key={chip.value}
          className={styles.chip}
          data-chosen={chip.value === value || undefined}
          data-off={chip.obstacle !== null || undefined}
          title={chip.obstacle ?? undefined}
        >
          <input
            type="radio"
            name={group}
            className="visually-hidden"
            checked={chip.value === value}
            disabled={chip.obstacle !== null}
            onChange={() => onChoose(chip.value)}
          />
          {chip.label}
        </label>
      ))}
    </fieldset>
  );
}
