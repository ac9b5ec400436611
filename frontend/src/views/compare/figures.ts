/** The table of a comparison as figures: of each run, and of each curve over its seeds. */

import type { Progress, Run, RunState } from "../../api/types";
import type { Reach } from "../../live/threshold-search";
import { interquartileMean, meanOf } from "../../statistics/averages";
import { bootstrapInterval, type Interval } from "../../statistics/bootstrap";
import { type Reached, reachedBy } from "../../statistics/reaching";
import type { GatheredCurve } from "./gathering";
import { type Choice, chooseMembers, type Reason } from "./members";

export interface RunFigures {
  readonly run: Run;
  readonly state: RunState;
  readonly progress: Progress;
  /** Mean of the last 100 episodes. */
  readonly last: number | null;
  /** Best mean of 100 consecutive episodes. */
  readonly best: number | null;
  /** Null: not reached; undefined: that is still being looked up. */
  readonly reach: Reach | null | undefined;
  /** Why it does not count for its curve; null if it does. */
  readonly leftOut: Reason | null;
}

/** Over seeds. */
export interface Spread {
  readonly mean: number;
  readonly interval: Interval | null;
  readonly iqm: number;
  readonly iqmInterval: Interval | null;
  /** Seeds that have such a value. */
  readonly seeds: number;
}

export interface CurveFigures {
  readonly curve: GatheredCurve;
  readonly runs: readonly RunFigures[];
  readonly seeds: number;
  readonly last: Spread | null;
  readonly best: Spread | null;
  /** Null without a threshold, and while it is being looked up. */
  readonly envSteps: Reached | null;
  readonly seconds: Reached | null;
}

/** What is known of a run beyond the list of runs. */
export interface LiveFigures {
  progress(runId: string): Progress | null;
  state(runId: string): RunState | null;
  reach(runId: string): Reach | null | undefined;
}

export function curveFigures(
  curve: GatheredCurve,
  choice: Choice,
  live: LiveFigures,
  threshold: number | null,
): CurveFigures {
  const { counted, leftOut } = chooseMembers(curve.runs, choice);
  const figuresOf = (run: Run, reason: Reason | null): RunFigures => {
    const progress = newest(run.progress, live.progress(run.id));
    return {
      run,
      state: live.state(run.id) ?? run.state,
      progress,
      last: progress.mean_return_100 ?? null,
      best: progress.best_mean_return_100 ?? null,
      reach: live.reach(run.id),
      leftOut: reason,
    };
  };
  const seeds = counted.map((run) => figuresOf(run, null));
  const isKnown = threshold !== null && seeds.every(({ reach }) => reach !== undefined);
  return {
    curve,
    runs: [...seeds, ...leftOut.map(({ run, reason }) => figuresOf(run, reason))],
    seeds: seeds.length,
    last: spreadOf(seeds.map(({ last }) => last)),
    best: spreadOf(seeds.map(({ best }) => best)),
    envSteps: isKnown ? reachedBy(seeds.map(({ reach }) => reach?.envSteps ?? null)) : null,
    seconds: isKnown ? reachedBy(seeds.map(({ reach }) => reach?.seconds ?? null)) : null,
  };
}

/** Null if no seed has a value yet. */
export function spreadOf(values: readonly (number | null)[]): Spread | null {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  return {
    mean: meanOf(known),
    interval: bootstrapInterval(known),
    iqm: interquartileMean(known),
    iqmInterval: bootstrapInterval(known, interquartileMean),
    seeds: known.length,
  };
}

/** The list may be older than the events, and the events of a run that has ended older than it. */
function newest(listed: Progress, told: Progress | null): Progress {
  return told !== null && told.seconds >= listed.seconds ? told : listed;
}
