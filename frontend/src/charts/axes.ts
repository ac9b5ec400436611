/** What can run along the x axis, and what it is called. */

import type { SeriesAxis } from "../api/types";
import { formatTrainingMoment, type TimeUnit } from "../format/durations";
import { formatCount } from "../format/numbers";

export const AXES: readonly SeriesAxis[] = ["env_step", "seconds", "episode", "update"];

const LABELS: Readonly<Record<Exclude<SeriesAxis, "seconds">, string>> = {
  env_step: "steps",
  episode: "episodes",
  update: "updates",
};

const TIME_LABELS: Readonly<Record<TimeUnit, string>> = {
  // Its ticks are those of a clock.
  auto: "time",
  seconds: "seconds",
  minutes: "minutes",
};

const NOUNS: Readonly<Record<Exclude<SeriesAxis, "seconds">, string>> = {
  env_step: "step",
  episode: "episode",
  update: "update",
};

export function axisLabel(axis: SeriesAxis, unit: TimeUnit): string {
  return axis === "seconds" ? TIME_LABELS[unit] : LABELS[axis];
}

/** A place on it: "step 412 k", "after 12:05". */
export function axisPlace(axis: SeriesAxis, value: number, unit: TimeUnit): string {
  return axis === "seconds"
    ? `after ${formatTrainingMoment(value, unit)}`
    : `${NOUNS[axis]} ${formatCount(value)}`;
}
