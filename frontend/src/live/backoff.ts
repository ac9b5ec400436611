/**
 * When to try again: exponential back-off with full jitter, so that many pages that lost one
 * server do not come back at the same moment. After a short outage all are back within 2 s; a
 * server that stays away is asked less and less often.
 */

const SHORTEST_S = 0.5;
const SOON_S = 2;
const SOON_FAILURES = 20;
const LONGEST_S = 20;

/**
 * Seconds before the next attempt: uniform between 0.5 s and a ceiling. It is 1 s at first, 2 s for
 * the next 20 failures or so, and then doubles up to 20 s.
 *
 * @param failures attempts that failed since the connection was last good, from 0
 * @param random a number in [0, 1)
 */
export function retryDelay(failures: number, random: number): number {
  const more = failures - SOON_FAILURES;
  const ceiling =
    more < 0 ? Math.min(SOON_S, 2 ** failures) : Math.min(LONGEST_S, SOON_S * 2 ** more);
  return SHORTEST_S + random * (ceiling - SHORTEST_S);
}
