/** Averages over the seeds of a group: mean, interquartile mean, quantiles. */

const TRIMMED_SHARE = 0.25;

export function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i] ?? Number.NaN;
  return sum / values.length;
}

/**
 * The interquartile mean: the mean of the middle half of the values.
 *
 * ⌊n/4⌋ values are left out at each end, so that of fewer than four none is. Reference: Agarwal
 * et al. 2021, "Deep reinforcement learning at the edge of the statistical precipice", and its
 * library rliable, which takes SciPy's `trim_mean(scores, 0.25)`.
 */
export function interquartileMean(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const cut = Math.floor(TRIMMED_SHARE * sorted.length);
  return meanOf(sorted.subarray(cut, sorted.length - cut));
}

/**
 * The quantile of ascending values, linear between the two nearest: definition 7 of Hyndman and
 * Fan 1996, as NumPy and R have it.
 */
export function quantileOfSorted(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN;
  return low + (place - below) * (high - low);
}
