/**
 * The common grid: where the curves of several seeds are read off, so that they can be averaged.
 *
 * A seed's episodes end at env steps of its own. Between two of them its value is that of the
 * last one: the value at x is the smoothed return of the newest episode at or before x, and never
 * one that looks ahead. The grid begins where the last seed has its first episode and ends where
 * the first seed has its last, so that every point averages the same seeds.
 */

export interface Curve {
  /** Ascending. */
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/** At most; at least half as many unless the axis is shorter. */
export const MOST_GRID_POINTS = 256;

/**
 * Multiples of a power of two between two places, and the places themselves. While `end` grows,
 * points that were in the grid stay in it, until every second of them is left out.
 */
export function commonGrid(begin: number, end: number, most = MOST_GRID_POINTS): Float64Array {
  if (!(end >= begin)) return new Float64Array();
  if (end === begin) return Float64Array.of(begin);
  const inner = most - 2;
  let step = 2 ** Math.ceil(Math.log2((end - begin) / inner));
  if (Math.floor(end / step) - Math.floor(begin / step) > inner) step *= 2;
  const points = [begin];
  const first = Math.floor(begin / step) + 1;
  for (let i = first; i * step < end; i += 1) points.push(i * step);
  points.push(end);
  return Float64Array.from(points);
}

/** Where all curves have a value; null if one of them has none yet, or they don't overlap. */
export function overlap(curves: readonly Curve[]): readonly [number, number] | null {
  let begin = Number.NEGATIVE_INFINITY;
  let end = Number.POSITIVE_INFINITY;
  for (const { x } of curves) {
    const first = x[0];
    const last = x[x.length - 1];
    if (first === undefined || last === undefined) return null;
    begin = Math.max(begin, first);
    end = Math.min(end, last);
  }
  return curves.length === 0 || end < begin ? null : [begin, end];
}

/** The value at each place of an ascending grid; NaN before the first. */
export function readOff(curve: Curve, grid: ArrayLike<number>): Float64Array {
  const values = new Float64Array(grid.length);
  let next = 0;
  for (let i = 0; i < grid.length; i += 1) {
    const at = grid[i] ?? Number.NaN;
    while (next < curve.x.length && (curve.x[next] ?? 0) <= at) next += 1;
    values[i] = next === 0 ? Number.NaN : (curve.y[next - 1] ?? Number.NaN);
  }
  return values;
}
