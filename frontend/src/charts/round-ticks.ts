/** Round numbers along an axis: 1, 2 or 5 times a power of ten apart. */

const STEPS = [1, 2, 5, 10] as const;

/** @param most how many have room */
export function roundTicks(min: number, max: number, most: number): number[] {
  if (!(max > min) || most < 1) return [];
  const rough = (max - min) / most;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = (STEPS.find((each) => each * decade >= rough) ?? 10) * decade;
  const first = Math.ceil(min / step);
  const last = Math.floor(max / step);
  // Multiples, and not sums: 0.1 added three times is not 0.3.
  return Array.from({ length: last - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
}
