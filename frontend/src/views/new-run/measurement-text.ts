/** What a preset reached, in words. */

import type { Preset } from "../../api/types";
import { formatSpan, type TimeUnit } from "../../format/durations";
import { formatCount, formatMeasured } from "../../format/numbers";

export type Measurement = NonNullable<Preset["measurement"]>;

/** How far it got: with which seeds to its threshold or, without one, where it ended. */
export function verdict({ threshold, solved, seeds, curve }: Measurement): string {
  if (threshold === null) {
    const end = curve.at(-1)?.[1];
    const reached = end === undefined ? "ended" : `ended at ${formatMeasured(end)}`;
    return `${reached} (median of ${seeds.length} seeds)`;
  }
  const goal = formatMeasured(threshold);
  return solved === 0
    ? `not yet at ${goal} with any of ${seeds.length} seeds`
    : `reached ${goal} with ${solved} of ${seeds.length} seeds`;
}

/** What that took. */
export function effort(measurement: Measurement, unit: TimeUnit): string {
  const steps = formatCount(measurement.env_steps_median);
  const span = formatSpan(measurement.seconds_median, unit);
  return `${measurement.solved > 0 ? "median" : "in"} ${steps} steps, ${span}`;
}
