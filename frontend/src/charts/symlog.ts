/**
 * The symmetric log axis: sinh⁻¹(y), linear near 0 and logarithmic far from it, on both sides.
 * Returns may be negative, so a plain log axis would lose them.
 */

/** Ticks: 0 and ± powers of ten within the range; every second or third decade if there are many. */
export function symlogTicks(min: number, max: number, most: number): number[] {
  const decades = decadesBetween(min, max);
  const stride = Math.max(1, Math.ceil(decades.length / most));
  const kept = decades.filter((decade) => decade % stride === 0);
  const ticks = new Set<number>();
  for (const decade of kept) {
    for (const sign of [-1, 1]) {
      const tick = sign * 10 ** decade;
      if (tick >= min && tick <= max) ticks.add(tick);
    }
  }
  if (min <= 0 && max >= 0) ticks.add(0);
  return [...ticks].sort((a, b) => a - b);
}

/** The range with a margin that looks the same at both ends of a symlog axis. */
export function symlogMargin(min: number, max: number, share: number): [number, number] {
  const low = Math.asinh(min);
  const high = Math.asinh(max);
  const margin = Math.max(high - low, 0.5) * share;
  return [Math.sinh(low - margin), Math.sinh(high + margin)];
}

function decadesBetween(min: number, max: number): number[] {
  const largest = Math.max(Math.abs(min), Math.abs(max));
  if (largest < 1) return [-1, 0];
  const last = Math.floor(Math.log10(largest));
  return Array.from({ length: last + 1 }, (_, decade) => decade);
}
