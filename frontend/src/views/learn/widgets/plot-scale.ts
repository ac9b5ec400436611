/** From numbers to pixels, and the round numbers beside an axis. */

const MOST_TICKS = 5;

/** Linear from one range onto another. */
export function placer(
  [from, to]: readonly [number, number],
  [begin, end]: readonly [number, number],
): (value: number) => number {
  return (value) => begin + ((value - from) / (to - from)) * (end - begin);
}

/** 1, 2 or 5 times a power of ten apart, at most five of them. */
export function roundTicks(low: number, high: number): number[] {
  if (!(high > low)) return [low];
  const least = (high - low) / MOST_TICKS;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10) * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}
