/** When seeds reached a threshold. One that has not is later than all that have. */

export interface Reached {
  /** Seeds that reached it. */
  readonly count: number;
  readonly seeds: number;
  /** Over all seeds; null while the middle of them has not reached it. */
  readonly median: number | null;
}

/**
 * The median over all seeds, with those that failed at infinity: of five seeds it is the third
 * to arrive, whatever the other two do. The mean of the middle two for an even number.
 *
 * @param times one for each seed; null if it has not reached the threshold
 */
export function reachedBy(times: readonly (number | null)[]): Reached {
  const sorted = times.map((time) => time ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.POSITIVE_INFINITY;
  const lower = sorted.length % 2 === 1 ? upper : (sorted[middle - 1] ?? upper);
  const median = (lower + upper) / 2;
  return {
    count: times.filter((time) => time !== null).length,
    seeds: times.length,
    median: Number.isFinite(median) ? median : null,
  };
}

/** A value that never falls, in columns; each point stands for several rows up to its x. */
export interface RisingSeries {
  readonly x: readonly number[];
  /** Of the rows behind each point. */
  readonly max: readonly number[];
  readonly count: readonly number[];
}

/** A few thousand points are some 10¹² rows after this many looks. */
const MOST_LOOKS = 5;

/**
 * The place of the first row that reached a threshold; null if none did. Where a point stands for
 * several rows, that stretch is read again, more closely.
 *
 * @param read the points between two places; null: from the begin, or to the end
 */
export async function findReach(
  read: (from: number | null, to: number | null) => Promise<RisingSeries>,
  threshold: number,
): Promise<number | null> {
  let range: readonly [number | null, number | null] = [null, null];
  let found: number | null = null;
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    const { x, max, count } = await read(...range);
    const index = max.findIndex((value) => value >= threshold);
    const place = x[index];
    if (place === undefined) return found;
    found = place;
    if (count[index] === 1) return found;
    range = [x[index - 1] ?? range[0], place];
  }
  return found;
}
