/** The threshold of an alert in words. */

import type { AlertRule } from "../api/types";
import { formatSetting, UNIT_SPACE } from "./numbers";

type Limit = Pick<AlertRule, "side" | "unit" | "for_s" | "over_updates" | "over_env_steps">;

/** "above 90 % of updates over 500 updates for 5 s": what has to last until somebody is warned. */
export function describeThreshold(rule: Limit, threshold: number): string {
  const lasting = rule.for_s === 0 ? "" : `for ${formatSetting(rule.for_s)} s`;
  return [rule.side, formatLimit(rule, threshold), rule.unit, windowOf(rule), lasting]
    .filter((part) => part !== "")
    .join(" ");
}

/** A threshold without its unit: shares, whose unit is "of" something, in percent. */
export function formatLimit({ unit }: Pick<AlertRule, "unit">, threshold: number): string {
  if (!unit.startsWith("of ")) return formatSetting(threshold);
  // Whatever was typed as 0.07 is 7 %, and not 7.000000000000001 %.
  return `${Number((threshold * 100).toPrecision(6))}${UNIT_SPACE}%`;
}

/** Whether there is a threshold to choose; a rule that is yes or no has none. */
export function hasChoice({ minimum, maximum }: Pick<AlertRule, "minimum" | "maximum">): boolean {
  return minimum < maximum;
}

function windowOf({ over_updates: updates, over_env_steps: steps }: Limit): string {
  if (updates > 0) return `over ${formatSetting(updates)} updates`;
  return steps > 0 ? `over ${formatSetting(steps)} env steps` : "";
}
