/** The outline of a band of ranges with no more corners than a canvas can show. */

export interface Outline {
  /** Places on the canvas, ascending. */
  readonly x: readonly number[];
  /** Of the low ends and of the high ends of the band there. */
  readonly low: readonly number[];
  readonly high: readonly number[];
}

interface Ranges {
  readonly x: ArrayLike<number>;
  readonly low: ArrayLike<number>;
  readonly high: ArrayLike<number>;
}

/**
 * One corner for each column of pixels: the least and the greatest of all that falls into it, so
 * that no spike is lost. Filling an area takes its time by corners: after half an hour a chart has
 * thousands of samples in 300 columns.
 *
 * @param first Index of the first sample.
 * @param last Index of the last one.
 * @param toX From a value of x to its place on the canvas; ascending.
 */
export function bandOutline(
  samples: Ranges,
  [first, last]: readonly [number, number],
  toX: (value: number) => number,
): Outline {
  const x: number[] = [];
  const low: number[] = [];
  const high: number[] = [];
  let column = Number.NaN;
  for (let i = first; i <= last; i += 1) {
    const place = toX(samples.x[i] ?? Number.NaN);
    const [least, greatest] = [samples.low[i] ?? Number.NaN, samples.high[i] ?? Number.NaN];
    if (Number.isNaN(least) || Number.isNaN(greatest)) continue;
    const end = x.length - 1;
    if (Math.round(place) === column) {
      low[end] = Math.min(low[end] ?? least, least);
      high[end] = Math.max(high[end] ?? greatest, greatest);
    } else {
      column = Math.round(place);
      x.push(place);
      low.push(least);
      high.push(greatest);
    }
  }
  return { x, low, high };
}
