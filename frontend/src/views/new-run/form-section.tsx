/** A headed part of the form. */

import type { ReactNode } from "react";
import styles from "./new-run-page.module.css";

export function FormSection({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={styles.section}>
      <h2>{title}</h2>
      <div className={styles.fields}>{children}</div>
    </section>
  );
}
