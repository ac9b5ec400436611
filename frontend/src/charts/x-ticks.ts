/** Where the ticks of an x axis stand, and what they say; those of time in the chosen unit. */

import { formatClock, type TimeUnit } from "../format/durations";
import { formatCount } from "../format/numbers";
import { roundTicks } from "./round-ticks";

const HOUR_S = 3_600;
/** Round on a clock; beyond them days, below them tenths and less. */
const CLOCK_STEPS_S = [
  ...[1, 2, 5, 10, 15, 30],
  ...[60, 120, 300, 600, 900, 1_800],
  ...[1, 2, 4, 6, 12, 24].map((hours) => hours * HOUR_S),
];
/** From here on a number takes a prefix. */
const MANY = 100_000;

/** Of an axis: what time is told in; null: it is not one of time. */
export type XUnit = TimeUnit | null;

/**
 * @param most how many have room
 * @returns values of the axis: seconds for time
 */
export function xTicks(min: number, max: number, most: number, unit: XUnit): number[] {
  if (unit === "minutes") return roundTicks(min / 60, max / 60, most).map((each) => each * 60);
  if (unit !== "auto") return roundTicks(min, max, most);
  const rough = (max - min) / most;
  const step = CLOCK_STEPS_S.find((each) => each >= rough);
  if (!(max > min) || most < 1 || rough < 1 || step === undefined) {
    const day = 24 * HOUR_S;
    return rough < 1
      ? roundTicks(min, max, most)
      : roundTicks(min / day, max / day, most).map((each) => each * day);
  }
  const first = Math.ceil(min / step);
  const last = Math.floor(max / step);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/** The words of ticks that `xTicks` has placed. */
export function xTickTexts(ticks: readonly number[], unit: XUnit): string[] {
  if (unit === null) return ticks.map(formatCount);
  const size = unit === "minutes" ? 60 : 1;
  const step = ((ticks[1] ?? 0) - (ticks[0] ?? 0)) / size;
  // As many digits as tell neighbours apart.
  const decimals = step > 0 ? Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)) : 0;
  return ticks.map((at) =>
    unit === "auto" ? clockText(at, step, decimals) : plainText(at / size, decimals),
  );
}

function clockText(seconds: number, step: number, decimals: number): string {
  if (step >= 24 * HOUR_S) return `${Math.round(seconds / (24 * HOUR_S))} d`;
  if (step >= HOUR_S) return `${Math.round(seconds / HOUR_S)} h`;
  if (decimals === 0) return formatClock(seconds);
  const rounded = Number(seconds.toFixed(decimals));
  return formatClock(rounded) + rounded.toFixed(decimals).replace(/^.*\./, ".");
}

function plainText(value: number, decimals: number): string {
  if (Math.abs(value) >= MANY) return formatCount(value);
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return value.toLocaleString("en-US", digits);
}
