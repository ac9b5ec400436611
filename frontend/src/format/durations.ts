/** Durations and moments for people. All input in seconds. */

import { UNIT_SPACE } from "./numbers";

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

/** A length of time in one unit: 1.8 s, 31 s, 4 min, 2 h, 3 d. */
export function formatSpan(seconds: number): string {
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
  return seconds < 10 ? `${Math.floor(seconds)}${UNIT_SPACE}s ago` : `${formatSpan(seconds)} ago`;
}

/** A moment in the reader's own time zone: 14:05:09. */
export function formatTimeOfDay(at: string): string {
  return new Date(at).toLocaleTimeString("en-GB");
}

/** A day and time in the reader's own time zone. */
export function formatMoment(at: string): string {
  return new Date(at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
}
