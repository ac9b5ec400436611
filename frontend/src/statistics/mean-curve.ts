/** Several seeds as one curve: the mean at each place of their common grid, and how sure it is. */

import { meanOf } from "./averages";
import { bootstrapInterval, type Interval } from "./bootstrap";
import { type Curve, commonGrid, overlap, readOff } from "./common-grid";

export interface MeanCurve {
  readonly x: Float64Array;
  readonly mean: Float64Array;
  /** Of the 95 % interval; null for a single seed. */
  readonly band: { readonly low: Float64Array; readonly high: Float64Array } | null;
  /** How many seeds stand behind every point. */
  readonly seeds: number;
}

/** Null while one of the seeds has no value yet. */
export function meanCurve(
  seeds: readonly Curve[],
  interval: (values: ArrayLike<number>) => Interval | null = bootstrapInterval,
): MeanCurve | null {
  const range = overlap(seeds);
  if (range === null) return null;
  const x = commonGrid(...range);
  const columns = seeds.map((seed) => readOff(seed, x));
  const mean = new Float64Array(x.length);
  const low = new Float64Array(x.length);
  const high = new Float64Array(x.length);
  const values = new Float64Array(seeds.length);
  for (let i = 0; i < x.length; i += 1) {
    columns.forEach((column, seed) => {
      values[seed] = column[i] ?? Number.NaN;
    });
    mean[i] = meanOf(values);
    const [bottom, top] = interval(values) ?? [Number.NaN, Number.NaN];
    low[i] = bottom;
    high[i] = top;
  }
  return { x, mean, band: seeds.length < 2 ? null : { low, high }, seeds: seeds.length };
}
