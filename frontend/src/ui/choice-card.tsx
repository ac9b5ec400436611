/** One of several cards of which a person picks one: a radio button that looks like a card. */

import type { ReactNode } from "react";
import styles from "./choice-card.module.css";

interface ChoiceCardProps {
  /** The same for all cards of a choice. */
  readonly group: string;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
  readonly children: ReactNode;
}

export function ChoiceCard({ group, isChosen, onChoose, children }: ChoiceCardProps) {
  return (
    <label className={styles.card} data-chosen={isChosen || undefined}>
      <input
        type="radio"
        name={group}
        className="visually-hidden"
        checked={isChosen}
        onChange={onChoose}
      />
      {children}
    </label>
  );
}
