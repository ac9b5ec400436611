/** Which runs of a curve count for its mean, and why the others don't. Never silently. */

import { ACTIVE_STATES } from "../../api/queries";
import type { Run } from "../../api/types";

export type Reason = "steered" | "forked" | "repeated" | "empty" | "hidden";

export interface Choice {
  /** Runs that a person changed while they trained, and forks. */
  readonly withSteered: boolean;
  /** Left out on purpose, by id. */
  readonly without: ReadonlySet<string>;
}

export interface Members {
  /** One for each seed: the seed is the unit. In the order of their seeds. */
  readonly counted: readonly Run[];
  readonly leftOut: readonly { readonly run: Run; readonly reason: Reason }[];
}

/** @param runs of one curve, oldest first */
export function chooseMembers(runs: readonly Run[], choice: Choice): Members {
  const bySeed = new Map<number, Run>();
  const leftOut: { run: Run; reason: Reason }[] = [];
  // A run that stands alone is mixed with nothing.
  const kind = runs.length === 1 ? { ...choice, withSteered: true } : choice;
  // The newest of several runs with one seed counts: the others are tries that it repeats.
  for (const run of runs.toReversed()) {
    const reason = reasonAgainst(run, kind) ?? (bySeed.has(run.seed) ? "repeated" : null);
    if (reason === null) bySeed.set(run.seed, run);
    else leftOut.push({ run, reason });
  }
  return {
    counted: [...bySeed.values()].sort((a, b) => a.seed - b.seed),
    leftOut: leftOut.reverse(),
  };
}

function reasonAgainst(run: Run, { withSteered, without }: Choice): Reason | null {
  if (without.has(run.id)) return "hidden";
  // It will never have a value, and every mean would wait for it.
  const isOver = !ACTIVE_STATES.has(run.state) && run.state !== "created";
  if (isOver && run.progress.episodes === 0) return "empty";
  if (withSteered) return null;
  if (run.steered) return "steered";
  return run.parent == null ? null : "forked";
}

export function describeReason(reason: Reason): string {
  switch (reason) {
    case "steered":
      return "steered by hand: left out of the mean";
    case "forked":
      return "a fork, no seed of its own: left out of the mean";
    case "repeated":
      return "a newer run has the same seed: left out of the mean";
    case "empty":
      return "ended before its first episode: there is nothing to average";
    case "hidden":
      return "left out on purpose";
  }
}

/** Beside what the run says of itself: "steered", "fork". */
export function reasonWords(reason: Reason): string {
  switch (reason) {
    case "steered":
    case "forked":
      return "not in the mean";
    case "repeated":
      return "an older try of this seed";
    case "empty":
      return "no episode";
    case "hidden":
      return "left out";
  }
}
