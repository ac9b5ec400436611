/**
 * When to try again: exponential back-off with full jitter, so that many pages that lost one
 * server do not come back at the same moment.
 */

const SHORTEST_S = 0.5;
const LONGEST_S = 20;

/**
 * Seconds before the next attempt: uniform between 0.5 s and min(20 s, 1 s · 2^failures).
 *
 * @param failures attempts that failed since the connection was last good, from 0
 * @param random a number in [0, 1)
 */
export function retryDelay(failures: number, random: number): number {
  const ceiling = Math.min(LONGEST_S, 2 ** failures);
  return SHORTEST_S + random * (ceiling - SHORTEST_S);
}
