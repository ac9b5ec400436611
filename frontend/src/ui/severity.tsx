/** How soon somebody should look: a colour, a shape and a word. */

import type { AlertSeverity } from "../api/types";
import { Icon } from "./icons";
import styles from "./severity.module.css";

const ORDER: readonly AlertSeverity[] = ["info", "warning", "critical"];

export function SeverityIcon({ severity, size = 14 }: { severity: AlertSeverity; size?: number }) {
  return (
    <span className={styles.severity} data-severity={severity}>
      <Icon name={severity === "info" ? "info" : "warning"} size={size} />
      <span className="visually-hidden">{severity}</span>
    </span>
  );
}

/** The gravest of several; null of none. */
export function gravest(severities: readonly AlertSeverity[]): AlertSeverity | null {
  return ORDER.findLast((each) => severities.includes(each)) ?? null;
}
