/** How old gradients were: the shares of a counted histogram. */

import type { HistogramTrack } from "../../../live/histogram-track";

export interface LagBar {
  /** "3", or "4 to 7" where bins are wider. */
  readonly label: string;
  readonly lag: number;
  readonly share: number;
}

/** Of the newest rows together, one bar for each bin up to the last that was hit. */
export function lagBars(
  track: Pick<HistogramTrack, "rows" | "bins" | "edge">,
  newestRows: number,
): LagBar[] {
  const rows = track.rows.slice(-newestRows);
  const counts = Array.from({ length: track.bins.length }, (_, bin) =>
    rows.reduce((sum, row) => sum + (row[bin] ?? 0), 0),
  );
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return [];
  const last = counts.findLastIndex((count) => count > 0);
  return counts.slice(0, last + 1).map((count, bin) => {
    const [low, high] = [track.edge(bin), track.edge(bin + 1) - 1];
    return { label: low === high ? `${low}` : `${low} to ${high}`, lag: low, share: count / total };
  });
}

/** The bin with most in it. */
export function commonestLag(bars: readonly LagBar[]): LagBar | null {
  return bars.reduce<LagBar | null>(
    (best, bar) => (best === null || bar.share > best.share ? bar : best),
    null,
  );
}
