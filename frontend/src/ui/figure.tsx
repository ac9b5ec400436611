/** A labelled number, as on the face of an instrument. */

import type { ReactNode } from "react";
import styles from "./figure.module.css";

export interface FigureProps {
  readonly label: string;
  readonly value: ReactNode;
  /** The exact number, on hover. */
  readonly exact?: string;
  /** What explains it, see the tour. */
  readonly explain?: string;
}

export function Figure({ label, value, exact, explain }: FigureProps) {
  return (
    <div className={styles.figure} title={exact} data-explain={explain}>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}
