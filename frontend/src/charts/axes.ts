/** What can run along the x axis. */

import type { SeriesAxis } from "../api/types";

export const AXES: readonly SeriesAxis[] = ["env_step", "seconds", "episode", "update"];

export const AXIS_LABELS: Readonly<Record<SeriesAxis, string>> = {
  env_step: "steps",
  seconds: "seconds",
  episode: "episodes",
  update: "updates",
};

/** Before a number: "step 412 k". */
export const AXIS_NOUNS: Readonly<Record<SeriesAxis, string>> = {
  env_step: "step",
  seconds: "second",
  episode: "episode",
  update: "update",
};
