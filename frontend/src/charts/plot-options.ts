/** How every chart of a run looks and behaves in uPlot. */

import type uPlot from "uplot";
import { formatMeasured } from "../format/numbers";
import type { ZoomRange } from "../live/run-store";
import type { Palette } from "./palette";
import { symlogTicks } from "./symlog";
import { type XUnit, xTicks, xTickTexts } from "./x-ticks";

const FONT = '11px "IBM Plex Sans Variable", sans-serif';
const Y_AXIS_WIDTH = 46;
/** Room for half of the text at the axis' very end: "12.5 M". */
const RIGHT_PADDING = 20;
const X_AXIS_HEIGHT = 24;
/** Below this height, labels of the y axis stand closer. */
const LOW_PX = 200;
/** Below this one closer still: two of them should always be there. */
const FLAT_PX = 110;
/** Below this width, labels of the x axis stand closer. */
const NARROW_PX = 320;
const LABEL_PX = 72;
const NARROW_LABEL_PX = 44;
const SMALLEST_DRAG_PX = 5;
const MOST_SYMLOG_TICKS = 7;

export interface YTick {
  readonly at: number;
  readonly text: string;
}

export interface PlotSource {
  readonly palette: () => Palette;
  readonly xRange: () => ZoomRange;
  readonly xUnit: () => XUnit;
  /** Of the y axis; null while there is nothing. */
  readonly yRange: (min: number, max: number) => ZoomRange | null;
  /** Null: round numbers, with a line each. */
  readonly yTicks: (() => readonly YTick[]) | null;
  readonly paintBelow: (u: uPlot) => void;
  readonly paintAbove: (u: uPlot) => void;
  readonly onZoom: (range: ZoomRange | null) => void;
  readonly onCursor: (x: number | null, y: number | null) => void;
}

export function plotOptions(
  source: PlotSource,
  size: { width: number; height: number },
  view: { isSymlog: boolean; syncKey: string },
): uPlot.Options {
  const { isSymlog } = view;
  return {
    ...size,
    padding: [8, RIGHT_PADDING, 0, 0],
    legend: { show: false },
    scales: {
      x: { time: false, range: () => [...source.xRange()] },
      y: {
        distr: isSymlog ? 4 : 1,
        asinh: 1,
        range: (u) => yRange(u, source),
      },
    },
    axes: [
      {
        stroke: () => source.palette().ink3,
        font: FONT,
        size: X_AXIS_HEIGHT,
        gap: 4,
        grid: { show: false },
        ticks: { stroke: () => source.palette().line, size: 4, width: 1 },
        space: labelWidth,
        splits: (u, _, min, max, incr, space) => {
          // uPlot has found that so much of the axis takes so many pixels.
          const width = ((max - min) * space) / incr;
          return xTicks(min, max, width / labelWidth(u), source.xUnit());
        },
        values: (_, splits) => xTickTexts(splits, source.xUnit()),
      },
      {
        stroke: () => source.palette().ink3,
        font: FONT,
        size: Y_AXIS_WIDTH,
        gap: 6,
        space: (u) => (u.height < FLAT_PX ? 20 : u.height < LOW_PX ? 28 : 44),
        grid: { show: source.yTicks === null, stroke: () => source.palette().line, width: 1 },
        ticks: { show: false },
        ...ySplits(source, isSymlog),
      },
    ],
    series: [
      {},
      { stroke: () => source.palette().ink, width: 1.5, points: { show: false }, spanGaps: false },
    ],
    cursor: {
      y: false,
      points: { size: 7, width: 1.5, stroke: () => source.palette().surface },
      // Only the pointer is shared; a selection belongs to the chart it was drawn on.
      sync: {
        key: view.syncKey,
        scales: ["x", null],
        setSeries: false,
        filters: { pub: (type) => type === "mousemove" || type === "mouseleave" },
      },
      drag: { x: true, y: false, setScale: false, dist: SMALLEST_DRAG_PX },
      bind: {
        dblclick: () => () => {
          source.onZoom(null);
          return null;
        },
      },
    },
    hooks: {
      drawAxes: [source.paintBelow],
      draw: [source.paintAbove],
      setSelect: [(u) => selected(u, source)],
      setCursor: [
        (u) => {
          const { left = -1, top = -1 } = u.cursor;
          if (left < 0) source.onCursor(null, null);
          else source.onCursor(u.posToVal(left, "x"), u.posToVal(top, "y"));
        },
      ],
    },
  };
}

/** What a label of the x axis needs. */
function labelWidth({ width }: uPlot): number {
  return width < NARROW_PX ? NARROW_LABEL_PX : LABEL_PX;
}

function selected(u: uPlot, source: PlotSource): void {
  const { left, width } = u.select;
  if (width < SMALLEST_DRAG_PX) return;
  const range = [u.posToVal(left, "x"), u.posToVal(left + width, "x")] as const;
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  source.onZoom(range);
}

function yRange(u: uPlot, source: PlotSource): [number, number] {
  const [from, to] = source.xRange();
  const range = source.yRange(u.scales.x?.min ?? from, u.scales.x?.max ?? to);
  return range === null ? [0, 1] : [...range];
}

function ySplits(source: PlotSource, isSymlog: boolean): Partial<uPlot.Axis> {
  const { yTicks } = source;
  if (yTicks !== null) {
    return {
      splits: () => yTicks().map(({ at }) => at),
      values: () => yTicks().map(({ text }) => text),
    };
  }
  const values = (_: uPlot, splits: number[]) => splits.map(formatTick);
  if (!isSymlog) return { values };
  return { values, splits: (_, __, min, max) => symlogTicks(min, max, MOST_SYMLOG_TICKS) };
}

export function formatTick(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size >= 10_000 || size < 0.001) return formatMeasured(value);
  return String(Number(value.toPrecision(4))).replace("-", "\u2212");
}
