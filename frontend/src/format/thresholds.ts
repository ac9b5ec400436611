/** The threshold of an alert in words. */

import type { AlertRule } from "../api/types";
import { formatSetting } from "./numbers";

type Limit = Pick<AlertRule, "side" | "unit" | "for_s">;

/** "above 0.5 of the gain for 3 s": what has to last until somebody is warned. */
export function describeThreshold(
  { side, unit, for_s: seconds }: Limit,
  threshold: number,
): string {
  const lasting = seconds === 0 ? "" : `for ${formatSetting(seconds)} s`;
  return [side, formatSetting(threshold), unit, lasting].filter((part) => part !== "").join(" ");
}
