/** The frame around something to play with: what it is, and whose numbers it shows. */

import type { ReactNode } from "react";
import styles from "./widget.module.css";

interface WidgetProps {
  readonly title: string;
  /** Whose numbers; left out: only the reader's own. */
  readonly origin?: string;
  readonly isExample?: boolean;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function Widget({ title, origin, isExample = false, actions, children }: WidgetProps) {
  return (
    <section className={styles.widget} aria-label={title}>
      <header className={styles.head}>
        <h3>{title}</h3>
        {origin !== undefined && (
          <p className={styles.origin} data-example={isExample || undefined}>
            {origin}
          </p>
        )}
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </section>
  );
}

/** A slider with its name and what it stands at. */
export function Knob(props: { label: ReactNode; value: string; children: ReactNode }) {
  return (
    <div className={styles.knob}>
      <span className={styles.knobLabel}>{props.label}</span>
      <span className={styles.knobValue}>{props.value}</span>
      <div className={styles.knobSlider}>{props.children}</div>
    </div>
  );
}

/** What the widget says in words; it changes with what is moved. */
export function Reading({ children }: { children: ReactNode }) {
  return <p className={styles.reading}>{children}</p>;
}

export function Knobs({ children }: { children: ReactNode }) {
  return <div className={styles.knobs}>{children}</div>;
}
