/** A labelled number, as on the face of an instrument. */

import type { ReactNode } from "react";
import styles from "./figure.module.css";

export interface FigureProps {
  readonly label: string;
  readonly value: ReactNode;
  /** The exact number, on hover. */
  readonly exact?: string;
}

export function Figure({ label, value, exact }: FigureProps) {
  return (
    <div className={styles.figure} title={exact}>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}
