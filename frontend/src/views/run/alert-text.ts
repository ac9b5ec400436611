/** What an alert says, in words. */

import type { AlertRule, AlertSeverity } from "../../api/types";
import { formatSpan, type TimeUnit } from "../../format/durations";
import { isGoodNews } from "../../format/good-news";
import { formatCount } from "../../format/numbers";
import { formatLimit } from "../../format/thresholds";
import type { ShownAlert } from "../../live/run-view";

const GRAVITY: Readonly<Record<AlertSeverity, number>> = { critical: 0, warning: 1, info: 2 };

/** What somebody calls it. */
export function alertLabel(name: string, rules: readonly AlertRule[]): string {
  return rules.find((rule) => rule.name === name)?.label ?? name.replaceAll("_", " ");
}

/** Of those that last: the gravest first, of equals the newest. */
export function byGravity(alerts: readonly ShownAlert[]): ShownAlert[] {
  return alerts.toReversed().sort((a, b) => GRAVITY[a.severity] - GRAVITY[b.severity]);
}

/** Whether it is to be seen from everywhere on the run's page. */
export function isUrgent({ name, severity }: Pick<ShownAlert, "name" | "severity">): boolean {
  return severity !== "info" || isGoodNews(name);
}

/** How many troubles there are now; good news is none. */
export function troubleCount(raised: readonly ShownAlert[]): number {
  return raised.filter(({ name }) => !isGoodNews(name)).length;
}

/** "since step 62.2 k, for 31 s", or from where to where. @param now milliseconds; null: ended */
export function lastingText(alert: ShownAlert, now: number | null, unit: TimeUnit): string {
  const { since_env_step: since, clearedAtEnvStep, clearedAt, raised_at: at } = alert;
  const span = (end: number) => formatSpan(Math.max(0, (end - Date.parse(at)) / 1000), unit);
  if (clearedAtEnvStep === null || clearedAt === null) {
    const length = now === null ? "until the end" : `for ${span(now)}`;
    return `since step ${formatCount(since)}, ${length}`;
  }
  return `step ${formatCount(since)} to ${formatCount(clearedAtEnvStep)}, for ${span(Date.parse(clearedAt))}`;
}

/** The threshold now, if it is another one than when the alert was raised. */
export function movedThreshold(
  alert: ShownAlert,
  threshold: number | undefined,
  rule: Pick<AlertRule, "unit"> | undefined,
): string | null {
  // What counts as solved is no threshold that can be moved.
  if (isGoodNews(alert.name)) return null;
  if (threshold === undefined || threshold === alert.threshold) return null;
  return `The threshold is ${formatLimit(rule ?? { unit: "" }, threshold)} now.`;
}
