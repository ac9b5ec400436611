/** A histogram over time as a strip: which colour, which words, which ticks. */

import type uPlot from "uplot";
import { formatMeasured, formatSetting, UNIT_SPACE } from "../format/numbers";
import type { HistogramTrack } from "../live/histogram-track";
import { clipped } from "./paint";
import type { Palette } from "./palette";
import { formatTick, type YTick } from "./plot-options";

/** What the darkest ink may stand for: few steps, so that it stays while a run goes on. */
const SHARE_TOPS = [0.05, 0.1, 0.2, 0.5, 1];
const LEAST_OPACITY = 0.06;
/** Below 1, small shares can be told from none. */
const CONTRAST = 0.6;
const MOST_TICKS = 5;
const MOST_LABELS = 8;
/** Characters that fit beside the y axis. */
const LABEL_WIDTH = 5;

/** How dark a cell is, 0 to 1, if `top` is the darkest. */
export function opacityOf(value: number, top: number): number {
  if (value <= 0 || top <= 0) return 0;
  return Math.max(LEAST_OPACITY, Math.min(1, value / top) ** CONTRAST);
}

/** A bin's share of all that was counted in its point; a value as it is. */
export function cellValue(track: HistogramTrack, point: number, bin: number): number {
  const row = track.rows[point] ?? [];
  const value = row[bin] ?? 0;
  if (track.kind === "values") return value;
  const total = row.reduce((sum, count) => sum + count, 0);
  return total === 0 ? 0 : value / total;
}

/** What the darkest ink stands for in this part of the run. */
export function darkest(track: HistogramTrack, min: number, max: number): number {
  let greatest = 0;
  for (const [point, row] of track.rows.entries()) {
    if ((track.x[point] ?? 0) < min || track.beginOf(point) >= max) continue;
    const total = track.kind === "values" ? 1 : row.reduce((sum, count) => sum + count, 0);
    if (total > 0) greatest = Math.max(greatest, Math.max(...row) / total);
  }
  if (track.kind === "values") return roundedUp(greatest);
  return SHARE_TOPS.find((top) => greatest <= top) ?? 1;
}

/** The least of 1, 2 and 5 times a power of ten that is not below the value. */
function roundedUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10) * power;
}

/** "38 %", or a value. */
export function formatCell(track: HistogramTrack, value: number): string {
  return track.kind === "values" ? formatMeasured(value) : formatPercent(value);
}

/** The ends of the legend. */
export function formatEnds(track: HistogramTrack, top: number): [string, string] {
  const format = track.kind === "values" ? formatSetting : formatPercent;
  return [format(0), format(top)];
}

/** A few out of many are not none. */
function formatPercent(share: number): string {
  const percent = share > 0 && share < 0.005 ? "< 1" : String(Math.round(share * 100));
  return `${percent}${UNIT_SPACE}%`;
}

/** "1", "value.bias", "4 to 7" or "480 to 488". */
export function binText(track: HistogramTrack, bin: number, isWhole: boolean): string {
  const label = track.label(bin);
  if (label !== null) return label;
  const [low, high] = [track.edge(bin), track.edge(bin + 1)];
  if (!isWhole) return `${formatTick(low)} to ${formatTick(high)}`;
  return high - low === 1 ? String(low) : `${low} to ${high - 1}`;
}

/** Whether every bin stands for one thing or one number, which is written at its middle. */
function isSingle(track: HistogramTrack, isWhole: boolean): boolean {
  return track.bins.exponent === 0 && (isWhole || track.label(0) !== null);
}

export function yTicksOf(track: HistogramTrack, isWhole: boolean): YTick[] {
  const { length } = track.bins;
  if (length === 0) return [];
  if (!isSingle(track, isWhole)) {
    return roundNumbers(track.edge(0), track.edge(length)).map((at) => ({
      at,
      text: formatTick(at),
    }));
  }
  const every = Math.ceil(length / MOST_LABELS);
  const bins = Array.from({ length: Math.ceil(length / every) }, (_, i) => i * every);
  return bins.map((bin) => {
    const label = track.label(bin) ?? String(track.edge(bin));
    // A long name has no room; its number has, and the name is in the read-out.
    return {
      at: track.edge(bin) + 0.5,
      text: label.length > LABEL_WIDTH ? String(track.edge(bin) + 1) : label,
    };
  });
}

function roundNumbers(min: number, max: number): number[] {
  const step = roundedUp((max - min) / MOST_TICKS);
  const first = Math.ceil(min / step);
  const count = Math.floor(max / step) - first + 1;
  return Array.from({ length: count }, (_, i) => (first + i) * step);
}

/** The bins of a point, those with most first; none that were not hit. */
function commonest(track: HistogramTrack, point: number): number[] {
  const row = track.rows[point] ?? [];
  return row
    .map((_, bin) => bin)
    .filter((bin) => (row[bin] ?? 0) > 0)
    .sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0));
}

/** The cell under the pointer; without one the greatest of the newest point. */
export function readout(
  track: HistogramTrack | null,
  cursor: { x: number | null; y: number | null },
  isWhole: boolean,
): string {
  if (track === null || track.length === 0) return "–";
  const point = cursor.x === null ? track.length - 1 : track.pointAt(cursor.x);
  if (point === null) return "–";
  const pointed =
    cursor.y === null
      ? null
      : Math.floor((cursor.y - track.edge(0)) / (track.edge(1) - track.edge(0)));
  const isInside = pointed !== null && pointed >= 0 && pointed < track.bins.length;
  const bin = isInside ? pointed : commonest(track, point)[0];
  if (bin === undefined) return "–";
  return `${binText(track, bin, isWhole)}: ${formatCell(track, cellValue(track, point, bin))}`;
}

/** "actions: newest 1: 62 %, 0: 38 %; 200 points". */
export function describeHistogram(
  label: string,
  track: HistogramTrack | null,
  isWhole: boolean,
): string {
  if (track === null || track.length === 0) return `${label}: nothing counted yet`;
  const newest = track.length - 1;
  const parts = commonest(track, newest)
    .slice(0, 3)
    .map(
      (bin) =>
        `${binText(track, bin, isWhole)}: ${formatCell(track, cellValue(track, newest, bin))}`,
    );
  return `${label}: newest ${parts.join(", ")}; over ${track.length} points`;
}

/** One rectangle for each bin that was hit, darker for a greater share. */
export function paintHeat(u: uPlot, track: HistogramTrack, palette: Palette): void {
  const { min = 0, max = 0 } = u.scales.x ?? {};
  const top = darkest(track, min, max);
  const bottoms = Array.from({ length: track.bins.length + 1 }, (_, bin) =>
    Math.round(u.valToPos(track.edge(bin), "y", true)),
  );
  clipped(u, (context) => {
    context.fillStyle = palette.ink;
    for (const [point, row] of track.rows.entries()) {
      const [begin, end] = [track.beginOf(point), track.x[point] ?? 0];
      if (end < min || begin > max) continue;
      const left = Math.round(u.valToPos(begin, "x", true));
      const width = Math.max(1, Math.round(u.valToPos(end, "x", true)) - left);
      const total = track.kind === "values" ? 1 : row.reduce((sum, count) => sum + count, 0);
      for (const [bin, value] of row.entries()) {
        if (value <= 0) continue;
        context.globalAlpha = opacityOf(value / total, top);
        const [low = 0, high = 0] = [bottoms[bin], bottoms[bin + 1]];
        context.fillRect(left, high, width, Math.max(1, low - high));
      }
    }
  });
}
