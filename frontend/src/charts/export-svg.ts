/**
 * A chart as an SVG file: what the screen shows, in vectors, with title, axes and a key. Any chart
 * that can be described as a scene can be written; a print shop and a thesis take it as it is.
 */

import { formatCount } from "../format/numbers";
import type { ZoomRange } from "../live/run-store";
import { saveFile } from "../ui/save-file";
import { BAND_OPACITY } from "./paint-scene";
import { type Palette, readPalette } from "./palette";
import { formatTick } from "./plot-options";
import { roundTicks } from "./round-ticks";
import { INK_HUE, type Scene, stretch } from "./scene";
import { symlogTicks } from "./symlog";

export interface KeyEntry {
  readonly text: string;
  readonly hue: number;
  readonly dash: readonly number[];
}

export interface SvgChart {
  readonly scene: Scene;
  readonly title: string;
  readonly xLabel: string;
  readonly key: readonly KeyEntry[];
  readonly size: { readonly width: number; readonly height: number };
  readonly x: ZoomRange;
  readonly y: ZoomRange;
  readonly isSymlog: boolean;
}

const LEFT = 56;
const RIGHT = 16;
const TOP = 34;
const X_AXIS = 40;
const KEY_ROW = 18;
const TICK_WIDTH = 90;
const TICK_HEIGHT = 44;
const MOST_SYMLOG_TICKS = 7;
const DOT_PX = 2;
const TICK_PX = 5;
const FADED_OPACITY = 0.8;
const FONT = "'IBM Plex Sans', 'IBM Plex Sans Variable', sans-serif";

export function downloadSvg(chart: SvgChart, fileName: string): void {
  const text = chartSvg(chart, readPalette());
  saveFile(new Blob([text], { type: "image/svg+xml" }), fileName);
}

export function chartSvg(chart: SvgChart, palette: Palette): string {
  const { scene, size, x, y } = chart;
  const inner = { width: size.width - LEFT - RIGHT, height: size.height - TOP - X_AXIS };
  const scale = chart.isSymlog ? Math.asinh : (value: number) => value;
  const [bottom, top] = [scale(y[0]), scale(y[1])];
  const left = (at: number) => LEFT + ((at - x[0]) / (x[1] - x[0])) * inner.width;
  const up = (value: number) => TOP + ((top - scale(value)) / (top - bottom)) * inner.height;
  const height = size.height + KEY_ROW * chart.key.length;
  const hue = (index: number) => palette.workers[index] ?? palette.ink;
  const points = (xs: ArrayLike<number>, ys: ArrayLike<number>, indexes: readonly number[]) =>
    indexes.map((i) => `${short(left(xs[i] ?? 0))} ${short(up(ys[i] ?? 0))}`).join("L");
  const yTicks = chart.isSymlog
    ? symlogTicks(...y, MOST_SYMLOG_TICKS)
    : roundTicks(...y, inner.height / TICK_HEIGHT);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${height}" ` +
      `viewBox="0 0 ${size.width} ${height}" font-family="${FONT}" font-size="11">`,
    `<title>${escaped(chart.title)}</title>`,
    `<rect width="100%" height="100%" fill="${palette.surface}"/>`,
    `<text x="12" y="20" font-size="13" font-weight="600" fill="${palette.ink}">` +
      `${escaped(chart.title)}</text>`,
    `<clipPath id="plot"><rect x="${LEFT}" y="${TOP}" width="${short(inner.width)}" ` +
      `height="${short(inner.height)}"/></clipPath>`,
    ...yTicks.map(
      (tick) =>
        `<path d="M${LEFT} ${short(up(tick))}h${short(inner.width)}" stroke="${palette.line}"/>` +
        `<text x="${LEFT - 6}" y="${short(up(tick) + 4)}" text-anchor="end" ` +
        `fill="${palette.ink3}">${escaped(formatTick(tick))}</text>`,
    ),
    ...roundTicks(...x, inner.width / TICK_WIDTH).map(
      (tick) =>
        `<text x="${short(left(tick))}" y="${size.height - X_AXIS + 16}" text-anchor="middle" ` +
        `fill="${palette.ink3}">${escaped(formatCount(tick))}</text>`,
    ),
    `<text x="${short(LEFT + inner.width / 2)}" y="${size.height - 8}" text-anchor="middle" ` +
      `fill="${palette.ink3}">${escaped(chart.xLabel)}</text>`,
    '<g clip-path="url(#plot)" fill="none" stroke-linejoin="round">',
    ...(scene.dots ?? []).map((dots) => {
      const squares = range(...stretch(dots.x, x)).map((i) => {
        const [low, high] = [up(dots.low[i] ?? 0), up(dots.high[i] ?? 0)];
        const height = Math.max(DOT_PX, low - high);
        const [begin, end] = [
          left(dots.x[i] ?? 0) - DOT_PX / 2,
          high - (low > high ? 0 : DOT_PX / 2),
        ];
        return `M${short(begin)} ${short(end)}h${DOT_PX}v${short(height)}h-${DOT_PX}z`;
      });
      const colour = dots.hue === INK_HUE ? palette.ink3 : hue(dots.hue);
      return `<path d="${squares.join("")}" fill="${colour}" fill-opacity="${palette.dotOpacity}"/>`;
    }),
    ...scene.bands.map((band) => {
      const [first, last] = stretch(band.x, x);
      const there = range(first, last);
      const back = there.toReversed();
      return (
        `<path d="M${points(band.x, band.high, there)}L${points(band.x, band.low, back)}Z" ` +
        `fill="${hue(band.hue)}" fill-opacity="${BAND_OPACITY}"/>`
      );
    }),
    ...scene.lines.map((line) => {
      const pieces = withoutGaps(range(...stretch(line.x, x)), line.y);
      if (pieces.length === 0) return "";
      const path = pieces.map((indexes) => `M${points(line.x, line.y, indexes)}`).join("");
      return (
        `<path d="${path}" stroke="${hue(line.hue)}" ` +
        `stroke-width="${line.width}" stroke-opacity="${line.opacity}"${dashes(line.dash)}/>`
      );
    }),
    ...(scene.faded ?? []).map(
      ({ begin, end }) =>
        `<rect x="${short(left(begin))}" y="${TOP}" width="${short(left(end) - left(begin))}" ` +
        `height="${short(inner.height)}" fill="${palette.sunken}" fill-opacity="${FADED_OPACITY}"/>`,
    ),
    ...(scene.marks ?? []).map(
      ({ x: at, tone, dash, isTick }) =>
        `<path d="M${short(left(at))} ${short(TOP + inner.height)}V` +
        `${short(isTick ? TOP + inner.height - TICK_PX : TOP)}" stroke="${palette[tone]}"` +
        `${dashes(dash)}/>`,
    ),
    scene.threshold === null
      ? ""
      : `<path d="M${LEFT} ${short(up(scene.threshold))}h${short(inner.width)}" ` +
        `stroke="${palette.good}" stroke-dasharray="5 4"/>`,
    "</g>",
    ...chart.key.map(({ text, hue: index, dash }, row) => {
      const middle = size.height + KEY_ROW * (row + 0.4);
      return (
        `<path d="M${LEFT} ${short(middle)}h26" stroke="${hue(index)}" stroke-width="2"` +
        `${dashes(dash)}/><text x="${LEFT + 34}" y="${short(middle + 4)}" ` +
        `fill="${palette.ink2}">${escaped(text)}</text>`
      );
    }),
    "</svg>",
  ]
    .filter((part) => part !== "")
    .join("\n");
}

/** The runs of neighbours that have a value. */
function withoutGaps(indexes: readonly number[], y: ArrayLike<number>): number[][] {
  const pieces: number[][] = [[]];
  for (const i of indexes) {
    if (Number.isFinite(y[i])) pieces.at(-1)?.push(i);
    else pieces.push([]);
  }
  return pieces.filter((piece) => piece.length > 0);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}

function dashes(dash: readonly number[]): string {
  return dash.length === 0 ? "" : ` stroke-dasharray="${dash.join(" ")}"`;
}

function short(value: number): string {
  return String(Number(value.toFixed(2)));
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
