/** Which neighbours become one, so that all of the past stays equally fine. */

/**
 * Groups of neighbours, each by the index of its last; together at most three quarters as many.
 *
 * No group of several stands for more rows than the least power of two at which they are few
 * enough. Halving all alike, each time there is no room, would halve the oldest most often: after
 * some hours the first half of a run would be one point.
 *
 * @param rows How many rows of the record each stands for.
 * @param length Of them, at least two.
 */
export function evenGroups(rows: ArrayLike<number>, length: number): number[] {
  const enough = Math.max(1, Math.floor((length * 3) / 4));
  for (let most = 2; ; most *= 2) {
    const ends = groupsUpTo(rows, length, most);
    if (ends.length <= enough) return ends;
  }
}

function groupsUpTo(rows: ArrayLike<number>, length: number, most: number): number[] {
  const ends: number[] = [];
  let sum = 0;
  for (let i = 0; i < length; i += 1) {
    const own = rows[i] ?? 0;
    if (i > 0 && sum + own > most) {
      ends.push(i - 1);
      sum = 0;
    }
    sum += own;
  }
  ends.push(length - 1);
  return ends;
}
