/** Durations and moments for people. All input in seconds. */

import { UNIT_SPACE } from "./numbers";

/** What durations of training are told in; auto: whichever is shortest. */
export const TIME_UNITS = ["auto", "seconds", "minutes"] as const;
export type TimeUnit = (typeof TIME_UNITS)[number];

const MINUTE_S = 60;

/** How long something has trained, as a clock or in one unit: 12:05, 725 s, 12.0 min. */
export function formatTrainingTime(seconds: number, unit: TimeUnit): string {
  if (unit === "auto") return formatClock(seconds);
  // Cut off like a clock: no time is told before it is over.
  const over = Math.max(0, seconds);
  return unit === "minutes"
    ? withUnit((Math.floor((over / MINUTE_S) * 10) / 10).toFixed(1), unit)
    : withUnit(Math.floor(over).toFixed(0), unit);
}

/** A moment of the training: 31.2 s, 12:05; or in one unit. */
export function formatTrainingMoment(seconds: number, unit: TimeUnit): string {
  if (unit === "minutes") return withUnit((seconds / MINUTE_S).toFixed(2), unit);
  if (unit === "seconds" || seconds < MINUTE_S) return withUnit(seconds.toFixed(1), "seconds");
  return formatClock(seconds);
}

/** A clock: 00:31, 12:05, 1:02:03. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, "0");
  return hours > 0
    ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}`
    : `${String(minutes).padStart(2, "0")}:${rest}`;
}

/** A length of time in one unit: 1.8 s, 31 s, 4 min, 2 h, 3 d; or all in the same. */
export function formatSpan(seconds: number, chosen: TimeUnit): string {
  if (chosen !== "auto") {
    const value = chosen === "minutes" ? seconds / MINUTE_S : seconds;
    return withUnit(value.toFixed(decimalsOf(value, chosen)), chosen);
  }
  const units = [
    { size: 86_400, symbol: "d" },
    { size: 3_600, symbol: "h" },
    { size: 60, symbol: "min" },
  ];
  // Two of the smaller unit say more than one of the larger.
  const unit = units.find(({ size }) => seconds >= 2 * size);
  if (unit !== undefined) return `${Math.floor(seconds / unit.size)}${UNIT_SPACE}${unit.symbol}`;
  return `${seconds < 9.95 ? seconds.toFixed(1) : Math.round(seconds)}${UNIT_SPACE}s`;
}

/** How long ago: "just now", "31 s ago". */
export function formatAgo(seconds: number): string {
  if (seconds < 2) return "just now";
  return seconds < 10
    ? `${Math.floor(seconds)}${UNIT_SPACE}s ago`
    : `${formatSpan(seconds, "auto")} ago`;
}

/** A moment in the reader's own time zone: 14:05:09. */
export function formatTimeOfDay(at: string): string {
  return new Date(at).toLocaleTimeString("en-GB");
}

/** A day in the reader's own time zone: 29 Nov 2026. */
export function formatDay(at: string): string {
  return new Date(at).toLocaleDateString("en-GB", { dateStyle: "medium" });
}

/** A day and time without seconds, in the reader's own time zone. */
export function formatMinute(at: string): string {
  return new Date(at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

/** A day and time in the reader's own time zone. */
export function formatMoment(at: string): string {
  return new Date(at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
}

/** About three digits; of seconds never more than one after the point. */
function decimalsOf(value: number, unit: TimeUnit): number {
  if (value < 9.95) return unit === "minutes" ? 2 : 1;
  return value < 99.5 && unit === "minutes" ? 1 : 0;
}

/** Groups of three digits, and the unit. */
function withUnit(digits: string, unit: TimeUnit): string {
  const [whole = "", fraction] = digits.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  const number = fraction === undefined ? grouped : `${grouped}.${fraction}`;
  return `${number}${UNIT_SPACE}${unit === "minutes" ? "min" : "s"}`;
}
