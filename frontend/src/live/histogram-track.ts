/**
 * One histogram over a run, in bounded memory: history once, then every live row.
 *
 * Bins are 2^exponent wide and begin at multiples of it, so that any two histograms nest: bringing
 * them to common bins and adding up neighbours loses no count.
 */

import type { HistogramCounts, HistogramSeries } from "../api/types";
import { evenGroups } from "./even-thinning";

/** As the server counts. */
export const MOST_BINS = 64;
/** More rows than a small chart has columns of pixels. */
const MOST_ROWS = 400;

type Kind = HistogramSeries["kind"];

interface Bins {
  readonly exponent: number;
  readonly first: number;
  readonly length: number;
}

export class HistogramTrack {
  readonly kind: Kind;
  #labels: readonly string[];
  #begin: number;
  #x: number[] = [];
  #rows: number[][] = [];
  /** How many rows of the record stand behind each point. */
  #behind: number[] = [];
  #bins: Bins = { exponent: 0, first: 0, length: 0 };
  #recorded = 0;
  #isThinned = false;

  constructor(kind: Kind, history: HistogramSeries | null) {
    this.kind = kind;
    this.#labels = history?.labels ?? [];
    this.#begin = history?.begin ?? 0;
    if (history === null) return;
    const { exponent, first, counts } = history;
    this.#x = [...history.x];
    this.#rows = counts.map((row) => [...row]);
    this.#bins = { exponent, first, length: counts[0]?.length ?? 0 };
    this.#recorded = history.rows;
    this.#behind = history.x.map(() => history.rows / history.x.length);
  }

  /** Points that are drawn. */
  get length(): number {
    return this.#x.length;
  }

  /** Rows of the record behind them. */
  get recorded(): number {
    return this.#recorded;
  }

  /** Whether points have been made coarser since they came, to make room. */
  get isThinned(): boolean {
    return this.#isThinned;
  }

  /** Where each point ends. */
  get x(): readonly number[] {
    return this.#x;
  }

  /** For each point, one number for each bin. */
  get rows(): readonly (readonly number[])[] {
    return this.#rows;
  }

  get bins(): Bins {
    return this.#bins;
  }

  /** Of a bin, where it stands for a thing and not for a range. */
  label(bin: number): string | null {
    const { exponent, first } = this.#bins;
    return exponent === 0 ? (this.#labels[first + bin] ?? null) : null;
  }

  /** Lower edge of a bin; that of the bin after the last is the upper edge of all. */
  edge(bin: number): number {
    return (this.#bins.first + bin) * 2 ** this.#bins.exponent;
  }

  /** Where a point begins. */
  beginOf(point: number): number {
    return point === 0 ? this.#begin : (this.#x[point - 1] ?? this.#begin);
  }

  /** The point that covers a place on the x axis; null outside of the record. */
  pointAt(x: number): number | null {
    if (x < this.#begin) return null;
    const point = this.#x.findIndex((end) => x <= end);
    return point < 0 ? null : point;
  }

  append(x: number, added: HistogramCounts): void {
    const { exponent, first, counts } = added;
    this.#labels = added.labels ?? this.#labels;
    // A thing that was never counted has a bin, too.
    const things = exponent === 0 && first >= 0 ? this.#labels.length : 0;
    const own = { exponent, first, length: counts.length };
    const all =
      things === 0 ? own : { exponent, first: 0, length: Math.max(things, first + counts.length) };
    const bins = this.#bins.length === 0 ? narrowest([all]) : narrowest([this.#bins, all]);
    if (!sameBins(bins, this.#bins)) {
      this.#rows = this.#rows.map((row) => rebinned(row, this.#bins, bins));
      this.#bins = bins;
    }
    if (this.#x.length === MOST_ROWS) this.#thin();
    this.#x.push(Math.max(x, this.#x.at(-1) ?? x));
    this.#rows.push(rebinned(counts, own, bins));
    this.#behind.push(1);
    this.#recorded += 1;
  }

  /** Neighbours of the older half become one point each; the newer half stays as it is. */
  #thin(): void {
    this.#isThinned = true;
    const half = MOST_ROWS / 2;
    const ends = evenGroups(this.#behind, half);
    const groups = ends.map((end, group) => ({ from: (ends[group - 1] ?? -1) + 1, end }));
    const rows = groups.map(({ from, end }) => this.#merged(from, end));
    const behind = groups.map(({ from, end }) =>
      this.#behind.slice(from, end + 1).reduce((sum, each) => sum + each),
    );
    this.#x = [...ends.map((end) => this.#x[end] ?? 0), ...this.#x.slice(half)];
    this.#rows = [...rows, ...this.#rows.slice(half)];
    this.#behind = [...behind, ...this.#behind.slice(half)];
  }

  /** Counts add up; of values the latest stay. */
  #merged(from: number, end: number): number[] {
    const rows = this.#rows.slice(from, end + 1);
    const last = rows.at(-1) ?? [];
    if (this.kind === "values") return last;
    return last.map((_, bin) => rows.reduce((sum, row) => sum + (row[bin] ?? 0), 0));
  }
}

/** The narrowest common bins that are few enough. */
function narrowest(parts: readonly Bins[]): Bins {
  let exponent = Math.max(...parts.map((part) => part.exponent));
  for (;;) {
    const first = Math.min(...parts.map((part) => coarser(part.first, exponent - part.exponent)));
    const end = Math.max(
      ...parts.map((part) => coarser(part.first + part.length - 1, exponent - part.exponent) + 1),
    );
    if (end - first <= MOST_BINS) return { exponent, first, length: end - first };
    exponent += 1;
  }
}

function rebinned(counts: readonly number[], from: Bins, to: Bins): number[] {
  const row = new Array<number>(to.length).fill(0);
  counts.forEach((count, i) => {
    const bin = coarser(from.first + i, to.exponent - from.exponent) - to.first;
    row[bin] = (row[bin] ?? 0) + count;
  });
  return row;
}

function coarser(bin: number, doublings: number): number {
  return Math.floor(bin / 2 ** doublings);
}

function sameBins(a: Bins, b: Bins): boolean {
  return a.exponent === b.exponent && a.first === b.first && a.length === b.length;
}
