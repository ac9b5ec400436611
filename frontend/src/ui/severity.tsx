/** How soon somebody should look: a colour, a shape and a word; good news among them. */

import type { AlertSeverity, RaisedAlert } from "../api/types";
import { isGoodNews } from "../format/good-news";
import { Icon } from "./icons";
import styles from "./severity.module.css";

export type AlertTone = AlertSeverity | "good";

const ORDER: readonly AlertSeverity[] = ["info", "warning", "critical"];
const WORDS: Readonly<Record<AlertTone, string>> = {
  info: "info",
  warning: "warning",
  critical: "critical",
  good: "good news",
};

export function toneOf({ name, severity }: Pick<RaisedAlert, "name" | "severity">): AlertTone {
  return isGoodNews(name) ? "good" : severity;
}

export function SeverityIcon({ tone, size = 14 }: { tone: AlertTone; size?: number }) {
  const shape = { info: "info", warning: "warning", critical: "warning", good: "check" } as const;
  return (
    <span className={styles.severity} data-tone={tone}>
      <Icon name={shape[tone]} size={size} />
      <span className="visually-hidden">{WORDS[tone]}</span>
    </span>
  );
}

/** The gravest of several; null where there is no trouble. */
export function gravest(
  alerts: readonly Pick<RaisedAlert, "name" | "severity">[],
): AlertSeverity | null {
  const troubles = alerts.filter(({ name }) => !isGoodNews(name));
  return ORDER.findLast((each) => troubles.some(({ severity }) => severity === each)) ?? null;
}
