/**
 * How sure an average over seeds is: the percentile bootstrap (Efron 1979).
 *
 * The seed is the unit: of n seeds, n are drawn with replacement, again and again, and the
 * interval holds the middle 95 % of the averages of the draws. Episodes of one seed say nothing
 * about another, so they are never resampled.
 */

import { meanOf, quantileOfSorted } from "./averages";
import { fixedRandom } from "./fixed-random";

export const CONFIDENCE = 0.95;
export const RESAMPLES = 2_000;
const GENERATOR_SEED = 20_160_616;

export type Interval = readonly [low: number, high: number];
export type Average = (values: ArrayLike<number>) => number;

/** By number of seeds; which of them each draw takes, one draw after the other. */
const plans = new Map<number, Uint32Array>();

/** The same draws for every group of n seeds, and for every point along its curve. */
export function resamplePlan(seeds: number): Uint32Array {
  const known = plans.get(seeds);
  if (known !== undefined) return known;
  const random = fixedRandom(GENERATOR_SEED);
  const plan = Uint32Array.from({ length: RESAMPLES * seeds }, () => Math.floor(random() * seeds));
  plans.set(seeds, plan);
  return plan;
}

/** Null for a single seed: one value says nothing about the spread. */
export function bootstrapInterval(
  values: ArrayLike<number>,
  average: Average = meanOf,
): Interval | null {
  const seeds = values.length;
  if (seeds < 2) return null;
  const plan = resamplePlan(seeds);
  const averages = new Float64Array(RESAMPLES);
  const drawn = new Float64Array(seeds);
  for (let draw = 0; draw < RESAMPLES; draw += 1) {
    for (let i = 0; i < seeds; i += 1) {
      drawn[i] = values[plan[draw * seeds + i] ?? 0] ?? Number.NaN;
    }
    averages[draw] = average(drawn);
  }
  averages.sort();
  const tail = (1 - CONFIDENCE) / 2;
  return [quantileOfSorted(averages, tail), quantileOfSorted(averages, 1 - tail)];
}

const MOST_REMEMBERED = 4_096;

/** A bootstrap that remembers: while a curve grows, only its new points are computed. */
export function rememberedBootstrap(): (values: ArrayLike<number>) => Interval | null {
  const known = new Map<string, Interval | null>();
  return (values) => {
    const key = Array.prototype.join.call(values, " ");
    const remembered = known.get(key);
    if (remembered !== undefined) return remembered;
    if (known.size >= MOST_REMEMBERED) known.clear();
    const interval = bootstrapInterval(values);
    known.set(key, interval);
    return interval;
  };
}
