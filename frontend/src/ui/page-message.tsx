/** A page that has one thing to say: loading, nothing here, something went wrong. */

import { Loader } from "@mantine/core";
import type { ReactNode } from "react";
import styles from "./page-message.module.css";

interface PageMessageProps {
  readonly title: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}

export function PageMessage({ title, children, actions }: PageMessageProps) {
  return (
    <section className={styles.message}>
      <h1>{title}</h1>
      {children}
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </section>
  );
}

export function PageLoading({ what }: { what: string }) {
  return (
    <div className={styles.loading} role="status">
      <Loader size={18} type="dots" color="var(--ink-3)" />
      <span>Loading {what}</span>
    </div>
  );
}
