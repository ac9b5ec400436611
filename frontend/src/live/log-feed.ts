/** The log of a run as a reader has it: the newest lines first, earlier ones on request, then live. */

import type { Event, LogPage } from "../api/types";
import { entriesOfText, entryOfEvent, type LogEntry, merged } from "./log-entries";

/** More lines than anybody scrolls through; of a longer log the oldest are let go. */
export const LINES_MAX = 20_000;
/** Pages grow to this; then there is another, so that the oldest can be let go. */
const PAGE_BYTES = 256 * 1024;

export interface LogSources {
  readonly newest: () => Promise<LogPage>;
  readonly after: (place: number) => Promise<LogPage>;
  readonly before: (place: number) => Promise<LogPage>;
  /** All so far that say something in words. */
  readonly events: () => Promise<readonly Event[]>;
}

export interface LogState {
  readonly phase: "loading" | "ready";
  /** What could not be fetched the last time; the rest is shown all the same. */
  readonly error: unknown;
  readonly entries: readonly LogEntry[];
  /** There is more before the first line. */
  readonly hasEarlier: boolean;
}

interface Page {
  readonly start: number;
  end: number;
  entries: LogEntry[];
  lines: number;
  /** The lines of the last entry: what comes next may belong to it. */
  open: string;
}

export class LogFeed {
  readonly #sources: LogSources;
  readonly #listeners = new Set<() => void>();
  #pages: Page[] = [];
  /** Numbers of the first line that is here, and of the next one to come. */
  #firstLine = 0;
  #nextLine = 0;
  #events: LogEntry[] = [];
  #eventsSeen = 0;
  #state: LogState = { phase: "loading", error: null, entries: [], hasEarlier: false };
  #busy = false;

  constructor(sources: LogSources) {
    this.#sources = sources;
  }

  get state(): LogState {
    return this.#state;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Fetches the newest lines and all events; again if that failed. */
  open(): Promise<void> {
    return this.#attempt(async () => {
      const [page, events] = await Promise.all([this.#sources.newest(), this.#sources.events()]);
      this.#begin(page);
      this.#take(events);
      this.#tell({ phase: "ready" });
    });
  }

  /** Fetches what was printed since. @param isFollowed nobody reads the oldest lines now */
  poll(isFollowed: boolean): Promise<void> {
    const end = this.#pages.at(-1)?.end;
    if (end === undefined) return this.open();
    return this.#attempt(async () => {
      const page = await this.#sources.after(end);
      if (page.start !== end) this.#begin(page);
      else if (page.text === "") {
        if (this.#state.error !== null) this.#tell({});
        return;
      } else this.#append(page);
      if (isFollowed) this.#letGo();
      this.#tell({});
    });
  }

  /** Fetches what was printed before the first line that is here. */
  earlier(): Promise<void> {
    const start = this.#pages[0]?.start ?? 0;
    if (start === 0) return Promise.resolve();
    return this.#attempt(async () => {
      const page = await this.#sources.before(start);
      const lines = countLines(page.text);
      this.#firstLine -= lines;
      const entries = entriesOfText(page.text, this.#firstLine);
      this.#pages = [{ start: page.start, end: start, entries, lines, open: "" }, ...this.#pages];
      this.#tell({});
    });
  }

  /** Events as they come; those that were there already change nothing. */
  takeEvents(events: readonly Event[]): void {
    if (this.#state.phase !== "ready") return;
    if (this.#take(events)) this.#tell({});
  }

  #take(events: readonly Event[]): boolean {
    const before = this.#events.length;
    for (const event of events) {
      if (event.seq <= this.#eventsSeen) continue;
      this.#eventsSeen = event.seq;
      const entry = entryOfEvent(event);
      if (entry !== null) this.#events.push(entry);
    }
    return this.#events.length !== before;
  }

  #begin(page: LogPage): void {
    this.#pages = [];
    this.#firstLine = this.#nextLine;
    this.#append(page);
  }

  #append({ start, end, text }: LogPage): void {
    const last = this.#pages.at(-1);
    const lines = countLines(text);
    if (last === undefined || end - last.start > PAGE_BYTES) {
      const entries = entriesOfText(text, this.#nextLine);
      this.#pages.push({ start, end, entries, lines, open: openOf(text, entries) });
    } else {
      const both = last.open + text;
      const from = this.#nextLine - countLines(last.open);
      const entries = entriesOfText(both, from);
      last.entries = [...(last.open === "" ? last.entries : last.entries.slice(0, -1)), ...entries];
      last.end = end;
      last.lines += lines;
      last.open = openOf(both, entries);
    }
    this.#nextLine += lines;
  }

  #letGo(): void {
    let lines = this.#pages.reduce((sum, page) => sum + page.lines, 0);
    while (lines > LINES_MAX && this.#pages.length > 1) {
      const oldest = this.#pages.shift();
      lines -= oldest?.lines ?? 0;
      this.#firstLine += oldest?.lines ?? 0;
    }
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await work();
    } catch (error) {
      this.#tell({ error });
    } finally {
      this.#busy = false;
    }
  }

  #tell(changes: Partial<LogState>): void {
    const printed = this.#pages.flatMap(({ entries }) => entries);
    this.#state = {
      phase: this.#state.phase,
      error: null,
      entries: merged(this.#events, printed),
      hasEarlier: (this.#pages[0]?.start ?? 0) > 0,
      ...changes,
    };
    for (const listener of this.#listeners) listener();
  }
}

function countLines(text: string): number {
  if (text === "") return 0;
  const ends = text.split("\n").length - 1;
  return text.endsWith("\n") ? ends : ends + 1;
}

/** The text of the last entry. */
function openOf(text: string, entries: readonly LogEntry[]): string {
  const count = entries.at(-1)?.lines.length ?? 0;
  if (count === 0) return "";
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return `${lines.slice(-count).join("\n")}\n`;
}
