/** A hyperparameter's setting in words. */

import type { Setting } from "../api/types";
import { formatCount, formatSetting } from "./numbers";

/** "1e-3", "adam", "on", "linear 0.4 → 0.15 until 75.0 k". */
export function describeSetting(setting: Setting): string {
  if (typeof setting === "boolean") return setting ? "on" : "off";
  if (typeof setting === "number") return formatSetting(setting);
  if (typeof setting === "string") return setting.replaceAll("_", " ");
  if (setting.schedule === "piecewise") {
    const values = setting.points.map((point) => formatSetting(point.value));
    return `steps ${values.join(" → ")}`;
  }
  const { schedule, from, to, until_env_step: until } = setting;
  return `${schedule} ${formatSetting(from)} → ${formatSetting(to)} until ${formatCount(until)}`;
}
