/**
 * A chart as shapes and words at their places: written as SVG or painted on a canvas from the same
 * list, so that both files, and what is printed, are one picture.
 */

import type { ChartFile } from "./chart-file";
import type { KeyEntry } from "./chart-subject";
import { layOutKey } from "./drawing-key";
import { BAND_OPACITY } from "./paint-scene";
import type { Palette } from "./palette";
import { formatTick } from "./plot-options";
import { roundTicks } from "./round-ticks";
import { INK_HUE, type SceneCell, stretch } from "./scene";
import { symlogTicks } from "./symlog";
import { xTicks, xTickTexts } from "./x-ticks";

export interface PathShape {
  readonly kind: "path";
  /** As SVG writes paths. */
  readonly d: string;
  readonly fill?: string;
  readonly stroke?: string;
  readonly width?: number;
  readonly dash?: readonly number[];
  readonly opacity?: number;
  /** Only within the axes. */
  readonly isClipped?: boolean;
  /** In words, for who points at it. */
  readonly title?: string;
}

export interface TextShape {
  readonly kind: "text";
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly colour: string;
  readonly size: number;
  readonly isStrong?: boolean;
  readonly anchor?: "middle" | "end";
}

export type Shape = PathShape | TextShape;

export interface Drawing {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly ground: string;
  /** Within the axes. */
  readonly inner: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  };
  readonly shapes: readonly Shape[];
}

export interface DrawingSize {
  readonly width: number;
  /** Of the axes and what is at them; title, notes and legend come on top. */
  readonly height: number;
  /** No title, notes and legend: the page has them beside it. */
  readonly isBare?: boolean;
}

const LEFT = 56;
const RIGHT = 16;
const MARGIN = 12;
const TITLE_Y = 20;
const NOTE_HEIGHT = 15;
const Y_LABEL_HEIGHT = 18;
const X_AXIS = 40;
const TICK_WIDTH = 90;
const TICK_HEIGHT = 44;
const LOW_TICK_HEIGHT = 28;
const LOW_PX = 200;
const MOST_SYMLOG_TICKS = 7;
const DOT_PX = 2;
const TICK_PX = 5;
const FADED_OPACITY = 0.8;
const INK_BAND_OPACITY = 0.12;
/** Cells are gathered by how dark they are, in so many steps. */
const DARKNESS_STEPS = 24;

export function drawChart(chart: ChartFile, palette: Palette, size: DrawingSize): Drawing {
  const { scene } = chart;
  const isBare = size.isBare === true;
  const head = isBare ? 0 : TITLE_Y + 16 + NOTE_HEIGHT * chart.notes.length;
  const top = head + Y_LABEL_HEIGHT;
  const inner = {
    x: LEFT,
    y: top,
    width: size.width - LEFT - RIGHT,
    height: size.height - Y_LABEL_HEIGHT - X_AXIS,
  };
  const place = placer(chart, inner);
  const key = isBare
    ? { shapes: [], height: 0 }
    : keyOf(chart.key, palette, size.width, head + size.height);
  const bottom = inner.y + inner.height;
  const words: Shape[] = isBare
    ? []
    : [
        {
          kind: "text",
          x: MARGIN,
          y: TITLE_Y,
          text: chart.title,
          colour: palette.ink,
          size: 13,
          isStrong: true,
        },
        ...chart.notes.map(
          (text, i): Shape => ({
            kind: "text",
            x: MARGIN,
            y: TITLE_Y + 16 + NOTE_HEIGHT * i,
            text,
            colour: palette.ink3,
            size: 11,
          }),
        ),
      ];
  return {
    title: chart.title,
    width: size.width,
    height: head + size.height + key.height,
    ground: isBare ? "none" : palette.surface,
    inner,
    shapes: [
      ...words,
      { kind: "text", x: MARGIN, y: top - 8, text: chart.yLabel, colour: palette.ink3, size: 11 },
      ...axes(chart, palette, inner, place),
      {
        kind: "text",
        x: short(inner.x + inner.width / 2),
        y: bottom + X_AXIS - 8,
        text: chart.xLabel,
        colour: palette.ink3,
        size: 11,
        anchor: "middle",
      },
      ...cells(scene.cells ?? [], palette, place),
      ...dots(chart, palette, place),
      ...curves(chart, palette, place),
      ...happenings(chart, palette, inner, place),
      ...key.shapes,
    ],
  };
}

type Inner = Drawing["inner"];

interface Place {
  readonly left: (x: number) => number;
  readonly up: (y: number) => number;
}

function placer({ x, y, isSymlog }: ChartFile, inner: Inner): Place {
  const scale = isSymlog ? Math.asinh : (value: number) => value;
  const [low, high] = [scale(y[0]), scale(y[1])];
  return {
    left: (at) => inner.x + ((at - x[0]) / (x[1] - x[0])) * inner.width,
    up: (value) => inner.y + ((high - scale(value)) / (high - low)) * inner.height,
  };
}

function keyOf(key: readonly KeyEntry[], palette: Palette, width: number, top: number) {
  return layOutKey(key, palette, { left: LEFT, right: width - RIGHT, top });
}

function axes(chart: ChartFile, palette: Palette, inner: Inner, { left, up }: Place): Shape[] {
  const most = inner.height / (inner.height < LOW_PX ? LOW_TICK_HEIGHT : TICK_HEIGHT);
  const numbers = chart.isSymlog
    ? symlogTicks(...chart.y, MOST_SYMLOG_TICKS)
    : roundTicks(...chart.y, most);
  const yTicks = chart.yTicks ?? numbers.map((at) => ({ at, text: formatTick(at) }));
  const colour = palette.ink3;
  const ticks = xTicks(...chart.x, inner.width / TICK_WIDTH, chart.xUnit);
  const texts = xTickTexts(ticks, chart.xUnit);
  return [
    ...yTicks.flatMap(({ at, text }): Shape[] => [
      ...(chart.yTicks === null
        ? [line(`M${inner.x} ${short(up(at))}h${short(inner.width)}`, palette.line)]
        : []),
      { kind: "text", x: inner.x - 6, y: short(up(at) + 4), text, colour, size: 11, anchor: "end" },
    ]),
    ...ticks.flatMap((at, i): Shape[] => [
      line(`M${short(left(at))} ${inner.y + inner.height}v4`, palette.line),
      {
        kind: "text",
        x: short(left(at)),
        y: inner.y + inner.height + 16,
        text: texts[i] ?? "",
        colour,
        size: 11,
        anchor: "middle",
      },
    ]),
  ];
}

function cells(list: readonly SceneCell[], palette: Palette, { left, up }: Place): Shape[] {
  const byDarkness = new Map<number, string[]>();
  for (const { x, y, darkness } of list) {
    const step = Math.max(1, Math.round(darkness * DARKNESS_STEPS));
    const [begin, high] = [left(x[0]), up(y[1])];
    const width = Math.max(0.5, left(x[1]) - begin);
    const path = byDarkness.get(step) ?? [];
    path.push(box(begin, high, width, Math.max(0.5, up(y[0]) - high)));
    byDarkness.set(step, path);
  }
  return [...byDarkness].map(([step, paths]) => ({
    kind: "path",
    d: paths.join(""),
    fill: palette.ink,
    opacity: short(step / DARKNESS_STEPS),
    isClipped: true,
  }));
}

function dots({ scene, x }: ChartFile, palette: Palette, { left, up }: Place): Shape[] {
  return (scene.dots ?? []).map((each) => {
    const squares = range(...stretch(each.x, x)).map((i) => {
      const [low, high] = [up(each.low[i] ?? 0), up(each.high[i] ?? 0)];
      const isRange = low > high;
      const begin = left(each.x[i] ?? 0) - DOT_PX / 2;
      return box(begin, high - (isRange ? 0 : DOT_PX / 2), DOT_PX, Math.max(DOT_PX, low - high));
    });
    return {
      kind: "path",
      d: squares.join(""),
      fill: each.hue === INK_HUE ? palette.ink3 : hueOf(palette, each.hue),
      opacity: palette.dotOpacity,
      isClipped: true,
    };
  });
}

function curves({ scene, x: view }: ChartFile, palette: Palette, { left, up }: Place): Shape[] {
  const points = (xs: ArrayLike<number>, ys: ArrayLike<number>, indexes: readonly number[]) =>
    indexes.map((i) => `${short(left(xs[i] ?? 0))} ${short(up(ys[i] ?? 0))}`).join("L");
  const bands = scene.bands.map(({ x, low, high, hue }): Shape => {
    const there = range(...stretch(x, view));
    const back = points(x, low, there.toReversed());
    return {
      kind: "path",
      d: there.length === 0 ? "" : `M${points(x, high, there)}L${back}Z`,
      fill: hueOf(palette, hue),
      opacity: hue === INK_HUE ? INK_BAND_OPACITY : BAND_OPACITY,
      isClipped: true,
    };
  });
  const lines = scene.lines.map(({ x, y, hue, width, opacity, dash }): Shape => {
    const pieces = withoutGaps(range(...stretch(x, view)), y);
    return {
      kind: "path",
      d: pieces.map((indexes) => `M${points(x, y, indexes)}`).join(""),
      stroke: hueOf(palette, hue),
      width,
      opacity,
      dash,
      isClipped: true,
    };
  });
  return [...bands, ...lines].filter((shape) => shape.kind === "path" && shape.d !== "");
}

/** What was abandoned, what happened, what counts as solved. */
function happenings(
  { scene }: ChartFile,
  palette: Palette,
  inner: Inner,
  { left, up }: Place,
): Shape[] {
  const bottom = inner.y + inner.height;
  const shapes: Shape[] = (scene.faded ?? []).map(({ begin, end }) => ({
    kind: "path",
    d: box(left(begin), inner.y, left(end) - left(begin), inner.height),
    fill: palette.sunken,
    opacity: FADED_OPACITY,
    isClipped: true,
  }));
  for (const { x, tone, dash, isTick, text } of scene.marks ?? []) {
    const top = isTick ? bottom - TICK_PX : inner.y;
    shapes.push({
      ...line(`M${short(left(x))} ${short(bottom)}V${short(top)}`, palette[tone], dash),
      isClipped: true,
      ...(text === undefined ? {} : { title: text }),
    });
  }
  if (scene.threshold !== null) {
    const path = `M${inner.x} ${short(up(scene.threshold))}h${short(inner.width)}`;
    shapes.push({ ...line(path, palette.good, [5, 4]), isClipped: true });
  }
  return shapes;
}

function line(d: string, stroke: string, dash: readonly number[] = []): PathShape {
  return { kind: "path", d, stroke, dash };
}

export function hueOf(palette: Palette, hue: number): string {
  return palette.workers[hue] ?? palette.ink;
}

/** A rectangle as a path. */
export function box(x: number, y: number, width: number, height: number): string {
  return `M${short(x)} ${short(y)}h${short(width)}v${short(height)}h${short(-width)}z`;
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

/** A hundredth of a pixel is exact enough. */
export function short(value: number): number {
  return Number(value.toFixed(2));
}
