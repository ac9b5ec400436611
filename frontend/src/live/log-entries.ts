/** What a run says in words, as entries: events that people should read, and what it printed. */

import type { Event } from "../api/types";

/** `output`: printed by whatever ran there, without saying how serious it is. */
export type LogLevel = "output" | "info" | "warning" | "error";

export interface LogEntry {
  readonly key: string;
  readonly level: LogLevel;
  /** RFC 3339; null: printed without a time. */
  readonly at: string | null;
  /** Milliseconds; of an entry without a time, that of the one before it. */
  readonly order: number;
  /** Known of events. */
  readonly envStep: number | null;
  /** At least one; the further ones are a traceback or a text of several lines. */
  readonly lines: readonly string[];
}

/** The events that say something in words. */
export const LOG_EVENTS = [
  "log_written",
  "run_state_changed",
  "worker_status_changed",
  "worker_process_changed",
] as const;

/** Of `structlog`: `2026-11-29T02:56:46.828635Z [info     ] run_state_changed …`. */
const STAMPED = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)\s+\[([a-z]+)\s*\]\s?(.*)$/;
/** Of Python's `logging`: `WARNING:py.warnings:/env.py:7: UserWarning: …`. */
const LOGGED = /^(DEBUG|INFO|WARNING|ERROR|CRITICAL):[\w.]+:/;
const TRACEBACK = /^Traceback \(most recent call last\):|^Fatal Python error:/;
/** Belongs to the line before: indented, or empty. */
const CONTINUED = /^\s|^$/;

const LEVELS: Readonly<Record<string, LogLevel>> = {
  debug: "info",
  info: "info",
  warning: "warning",
  warn: "warning",
  error: "error",
  exception: "error",
  critical: "error",
};

/** An event in words; null where it says none. */
export function entryOfEvent(event: Event): LogEntry | null {
  switch (event.type) {
    case "log_written":
      return fromEvent(event, event.level, event.message);
    case "run_state_changed": {
      const isDeath = event.state === "failed" || event.state === "interrupted";
      if (!isDeath) return null;
      // The rest is a traceback that its worker tells, or the end of what was printed.
      const [reason = ""] = (event.reason ?? "").split("\n");
      return fromEvent(
        event,
        event.state === "failed" ? "error" : "warning",
        reason === "" ? `the run is ${event.state}` : `the run is ${event.state}: ${reason}`,
      );
    }
    case "worker_status_changed":
      return event.status === "failed"
        ? fromEvent(event, "error", `worker ${event.worker} failed\n${event.error ?? ""}`)
        : null;
    case "worker_process_changed":
      return event.status === "failed"
        ? fromEvent(event, "error", `worker process ${event.process} failed: ${event.error ?? ""}`)
        : null;
    default:
      return null;
  }
}

function fromEvent(event: Event, level: LogLevel, text: string): LogEntry {
  return {
    key: `event ${event.seq}`,
    level,
    at: event.at,
    order: Date.parse(event.at),
    envStep: event.env_step,
    lines: text.trimEnd().split("\n"),
  };
}

/** What the process printed. @param first the number of its first line: for keys */
export function entriesOfText(text: string, first: number): LogEntry[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const entries: { -readonly [K in keyof LogEntry]: LogEntry[K] }[] = [];
  let inTraceback = false;
  lines.forEach((line, i) => {
    const stamped = STAMPED.exec(line);
    const logged = LOGGED.exec(line);
    const last = entries.at(-1);
    if (stamped !== null) {
      const [, at = "", level = "", words = ""] = stamped;
      inTraceback = false;
      entries.push({
        key: `line ${first + i}`,
        level: LEVELS[level] ?? "info",
        at,
        order: Date.parse(at),
        envStep: null,
        lines: [words.replace(/ {2,}/g, "  ")],
      });
      return;
    }
    const begins = TRACEBACK.test(line);
    if (last !== undefined && logged === null && !begins) {
      if (CONTINUED.test(line) || inTraceback) {
        last.lines = [...last.lines, line];
        // The line that is not indented names the exception: it is the last of a traceback.
        if (!CONTINUED.test(line)) inTraceback = false;
        return;
      }
    }
    // An exception that was logged stands below the words that it was logged with.
    if (begins && last !== undefined && last.level === "error" && last.at !== null) {
      last.lines = [...last.lines, line];
      inTraceback = true;
      return;
    }
    inTraceback = begins;
    entries.push({
      key: `line ${first + i}`,
      level: begins ? "error" : (LEVELS[(logged?.[1] ?? "").toLowerCase()] ?? "output"),
      at: null,
      order: last?.order ?? Number.NEGATIVE_INFINITY,
      envStep: null,
      lines: [line],
    });
  });
  return entries;
}

/** Both in one order of time; of the same moment, events come first. */
export function merged(events: readonly LogEntry[], printed: readonly LogEntry[]): LogEntry[] {
  const result: LogEntry[] = [];
  let next = 0;
  for (const entry of printed) {
    while (next < events.length && (events[next]?.order ?? 0) <= entry.order) {
      const event = events[next];
      if (event !== undefined) result.push(event);
      next += 1;
    }
    result.push(entry);
  }
  return [...result, ...events.slice(next)];
}

const GRAVITY: Readonly<Record<LogLevel, number>> = { output: 0, info: 0, warning: 1, error: 2 };

/** Those that are at least so grave and contain the words, in whichever case. */
export function filtered(
  entries: readonly LogEntry[],
  least: "all" | "warning" | "error",
  words: string,
): readonly LogEntry[] {
  const wanted = words.trim().toLowerCase();
  if (least === "all" && wanted === "") return entries;
  const gravity = least === "all" ? 0 : GRAVITY[least];
  return entries.filter(
    ({ level, lines }) =>
      GRAVITY[level] >= gravity &&
      (wanted === "" || lines.some((line) => line.toLowerCase().includes(wanted))),
  );
}
