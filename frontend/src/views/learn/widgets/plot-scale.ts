/** From numbers to pixels. */

/** Linear from one range onto another. */
export function placer(
  [from, to]: readonly [number, number],
  [begin, end]: readonly [number, number],
): (value: number) => number {
  return (value) => begin + ((value - from) / (to - from)) * (end - begin);
}
