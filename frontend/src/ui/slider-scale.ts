/**
 * Where a value sits on a slider, and back. Positions run from 0 to 1.
 *
 * Hyperparameters may allow 0 below their smallest positive value ("no entropy bonus"), and
 * one_minus_log ones may reach exactly 1: both get a notch of their own at the end of the track.
 */

import type { Scale } from "../api/types";

export interface SliderRange {
  readonly scale: Scale;
  /** Smallest positive value. */
  readonly minimum: number;
  readonly maximum: number;
  readonly zeroAllowed: boolean;
  readonly integer: boolean;
}

/** Width of the notch for 0 (and, one_minus_log, for 1) as a share of the track. */
const NOTCH = 0.04;
/** Where a one_minus_log scale that reaches 1 stops short of its notch: 1 − 10⁻⁴. */
const CLOSEST_TO_ONE = 1e-4;
const SIGNIFICANT_DIGITS = 2;

/** The position of a value; values beyond the range sit at its ends. */
export function toPosition(value: number, range: SliderRange): number {
  const { from, to } = inner(range);
  if (range.zeroAllowed && value < range.minimum / 2) return 0;
  if (reachesOne(range) && value > 1 - CLOSEST_TO_ONE / 2) return 1;
  const low = warp(range.minimum, range);
  const high = warp(upper(range), range);
  const clamped = Math.min(upper(range), Math.max(range.minimum, value));
  return from + ((warp(clamped, range) - low) / (high - low)) * (to - from);
}

/** The value at a position, rounded to what a person would type. */
export function toValue(position: number, range: SliderRange): number {
  const { from, to } = inner(range);
  if (range.zeroAllowed && position < from / 2) return 0;
  if (reachesOne(range) && position > (1 + to) / 2) return 1;
  const share = Math.min(1, Math.max(0, (position - from) / (to - from)));
  const low = warp(range.minimum, range);
  const high = warp(upper(range), range);
  const value = unwarp(low + share * (high - low), range);
  return Math.min(range.maximum, Math.max(range.minimum, rounded(value, range)));
}

/** The next value that differs, `steps` small steps up or down; for arrow and page keys. */
export function nudge(value: number, steps: number, range: SliderRange): number {
  const direction = Math.sign(steps);
  const start = toPosition(value, range);
  let position = start + steps * 0.01;
  // A step must never be lost in the rounding.
  for (let tries = 0; tries < 100; tries += 1) {
    const next = toValue(Math.min(1, Math.max(0, position)), range);
    if (Math.sign(next - value) === direction) return next;
    position += direction * 0.01;
  }
  return value;
}

function reachesOne(range: SliderRange): boolean {
  return range.scale === "one_minus_log" && range.maximum >= 1;
}

function upper(range: SliderRange): number {
  return reachesOne(range) ? 1 - CLOSEST_TO_ONE : range.maximum;
}

function inner(range: SliderRange): { from: number; to: number } {
  return { from: range.zeroAllowed ? NOTCH : 0, to: reachesOne(range) ? 1 - NOTCH : 1 };
}

function warp(value: number, range: SliderRange): number {
  switch (range.scale) {
    case "linear":
      return value;
    case "log":
      return Math.log10(value);
    case "log2":
      return Math.log2(value);
    case "one_minus_log":
      return -Math.log10(1 - value);
  }
}

function unwarp(warped: number, range: SliderRange): number {
  switch (range.scale) {
    case "linear":
      return warped;
    case "log":
      return 10 ** warped;
    case "log2":
      return 2 ** warped;
    case "one_minus_log":
      return 1 - 10 ** -warped;
  }
}

function rounded(value: number, range: SliderRange): number {
  if (range.integer) return Math.round(value);
  if (range.scale === "one_minus_log") {
    // Digits count from the nine on: 0.99, 0.9987.
    const rest = Number((1 - value).toPrecision(SIGNIFICANT_DIGITS));
    return Number((1 - rest).toPrecision(12));
  }
  if (range.scale === "linear") {
    const digits = Math.max(0, 2 - Math.floor(Math.log10(range.maximum - range.minimum)));
    return Number(value.toFixed(digits));
  }
  return Number(value.toPrecision(SIGNIFICANT_DIGITS));
}
