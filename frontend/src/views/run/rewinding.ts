/** What it means to go back to a checkpoint, in sentences. */

import type { RunState } from "../../api/types";
import { formatExactCount } from "../../format/numbers";
import { hasEnded } from "./availability";

export interface RewindText {
  readonly happens: readonly string[];
  readonly kept: string;
}

/** A checkpoint, as far as going back to it is concerned. */
export interface RewindTarget {
  readonly id: string;
  readonly env_step: number;
  readonly abandoned: boolean;
}

/** @param envSteps where the run stands */
export function rewindText(
  { env_step: step, abandoned }: RewindTarget,
  state: RunState,
  envSteps: number,
): RewindText {
  const later = Math.max(0, envSteps - step);
  const rows =
    later === 0
      ? "Nothing has come after it."
      : `The ${formatExactCount(later)} env steps after it stay in the record, and in the charts ` +
        "in grey; they count for nothing any more. Axes and counters go on.";
  const way = hasEnded(state)
    ? "The run starts again from there."
    : state === "paused"
      ? "The run stays paused there."
      : "The run trains on from there at once.";
  return {
    happens: [
      "Weights, optimizer and hyperparameters become what they were then; episodes begin anew.",
      way,
      ...(abandoned ? ["The stretch that led to this checkpoint counts again."] : []),
      ...(hasEnded(state)
        ? []
        : ["A checkpoint of now is saved first: going back to it undoes this."]),
    ],
    kept: rows,
  };
}
