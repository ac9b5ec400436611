/** Entries of a log as rows of one height, so that only those in sight need be drawn. */

import { formatMoment, formatTimeOfDay } from "../../format/durations";
import { formatCount, formatExactCount } from "../../format/numbers";
import type { LogEntry, LogLevel } from "../../live/log-entries";

export interface LogRow {
  readonly key: string;
  readonly level: LogLevel;
  readonly text: string;
  /** On the first row of its entry, and on its head. */
  readonly entry: LogEntry | null;
  /** Not text of its own, but where its entry has its time. */
  readonly isHead: boolean;
}

/**
 * Text in a fixed-width font breaks where the window ends.
 *
 * @param withHeads time and env step have a row above the text, where there is no room beside it
 */
export function logRows(
  entries: readonly LogEntry[],
  columns: number,
  { withHeads }: { readonly withHeads: boolean },
): LogRow[] {
  const width = Math.max(1, columns);
  const rows: LogRow[] = [];
  for (const entry of entries) {
    if (withHeads && entry.at !== null) {
      rows.push({ key: `${entry.key} head`, level: entry.level, text: "", entry, isHead: true });
    }
    entry.lines.forEach((line, i) => {
      const plain = line.replaceAll("\t", "    ");
      // By whole characters, so that no pair of surrogates is torn; most lines need no break.
      const characters = plain.length <= width ? [plain] : [...plain];
      for (let from = 0; from === 0 || from < characters.length; from += width) {
        rows.push({
          key: `${entry.key} ${i} ${from}`,
          level: entry.level,
          text: characters.slice(from, from + width).join(""),
          entry: i === 0 && from === 0 ? entry : null,
          isHead: false,
        });
      }
    });
  }
  return rows;
}

export interface Sight {
  readonly first: number;
  /** One after the last. */
  readonly end: number;
}

/** The rows to draw: those in sight, and some around them. All measures in pixels. */
export function rowsInSight(
  count: number,
  view: { readonly top: number; readonly height: number; readonly rowHeight: number },
): Sight {
  const margin = 20;
  const first = Math.floor(view.top / view.rowHeight) - margin;
  const end = Math.ceil((view.top + view.height) / view.rowHeight) + margin;
  const bounded = (row: number) => Math.max(0, Math.min(count, row));
  return { first: bounded(first), end: bounded(end) };
}

/** The parts of a text that are the words, and those between; case does not matter. */
export function highlighted(
  text: string,
  words: string,
): readonly { readonly text: string; readonly isMatch: boolean }[] {
  const wanted = words.trim().toLowerCase();
  const plain = text.toLowerCase();
  // Some letters change their length with their case: then nothing is marked rather than the wrong.
  if (wanted === "" || plain.length !== text.length) return [{ text, isMatch: false }];
  const parts: { text: string; isMatch: boolean }[] = [];
  let from = 0;
  for (let at = plain.indexOf(wanted); at !== -1; at = plain.indexOf(wanted, from)) {
    if (at > from) parts.push({ text: text.slice(from, at), isMatch: false });
    from = at + wanted.length;
    parts.push({ text: text.slice(at, from), isMatch: true });
  }
  if (from < text.length || parts.length === 0) {
    parts.push({ text: text.slice(from), isMatch: false });
  }
  return parts;
}

/** Time and env step as they stand beside an entry. */
export function placeOf({ at, envStep }: LogEntry): { time: string; step: string; title: string } {
  return {
    time: at === null ? "" : formatTimeOfDay(at),
    step: envStep === null ? "" : formatCount(envStep),
    title: [
      ...(at === null ? ["printed without a time"] : [formatMoment(at)]),
      ...(envStep === null ? [] : [`env step ${formatExactCount(envStep)}`]),
    ].join(", "),
  };
}

/** What is put on the clipboard: exact times, and lines as they are. */
export function logText(entries: readonly LogEntry[]): string {
  return entries
    .map(({ at, level, envStep, lines }) => {
      const head = [
        ...(at === null ? [] : [at]),
        ...(level === "output" ? [] : [`[${level}]`]),
        ...(envStep === null ? [] : [`(env step ${envStep})`]),
      ];
      return [...head, lines.join("\n")].join(" ");
    })
    .join("\n");
}
