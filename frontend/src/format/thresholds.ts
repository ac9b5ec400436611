/** The threshold of an alert in words. */

import type { AlertRule } from "../api/types";
import { formatSetting } from "./numbers";

type Limit = Pick<AlertRule, "side" | "unit" | "for_s" | "over_updates" | "over_env_steps">;

/** "above 0.9 of updates over 500 updates for 5 s": what has to last until somebody is warned. */
export function describeThreshold(rule: Limit, threshold: number): string {
  const lasting = rule.for_s === 0 ? "" : `for ${formatSetting(rule.for_s)} s`;
  return [rule.side, formatSetting(threshold), rule.unit, windowOf(rule), lasting]
    .filter((part) => part !== "")
    .join(" ");
}

/** Whether there is a threshold to choose; a rule that is yes or no has none. */
export function hasChoice({ minimum, maximum }: Pick<AlertRule, "minimum" | "maximum">): boolean {
  return minimum < maximum;
}

function windowOf({ over_updates: updates, over_env_steps: steps }: Limit): string {
  if (updates > 0) return `over ${formatSetting(updates)} updates`;
  return steps > 0 ? `over ${formatSetting(steps)} env steps` : "";
}
