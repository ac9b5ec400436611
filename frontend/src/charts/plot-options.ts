/** How every chart of a run looks and behaves in uPlot. */

import type uPlot from "uplot";
import { formatCount, formatMeasured } from "../format/numbers";
import type { ZoomRange } from "../live/run-store";
import { withMargin } from "./extent";
import type { Palette } from "./palette";
import { symlogMargin, symlogTicks } from "./symlog";

const FONT = '11px "IBM Plex Sans Variable", sans-serif';
const Y_AXIS_WIDTH = 46;
const X_AXIS_HEIGHT = 24;
/** Below this height, labels of the y axis stand closer. */
const LOW_PX = 200;
/** Below this width, labels of the x axis stand closer. */
const NARROW_PX = 320;
const SMALLEST_DRAG_PX = 5;
const MARGIN_SHARE = 0.06;
const MOST_SYMLOG_TICKS = 7;

export interface PlotSource {
  readonly palette: () => Palette;
  readonly xRange: () => ZoomRange;
  /** Lowest and highest value to show; null while there is nothing. */
  readonly yExtent: (min: number, max: number) => ZoomRange | null;
  readonly paintBelow: (u: uPlot) => void;
  readonly paintAbove: (u: uPlot) => void;
  readonly onZoom: (range: ZoomRange | null) => void;
  readonly onCursor: (x: number | null) => void;
}

export function plotOptions(
  source: PlotSource,
  size: { width: number; height: number },
  view: { isSymlog: boolean; syncKey: string },
): uPlot.Options {
  const { isSymlog } = view;
  return {
    ...size,
    padding: [8, 14, 0, 0],
    legend: { show: false },
    scales: {
      x: { time: false, range: () => [...source.xRange()] },
      y: {
        distr: isSymlog ? 4 : 1,
        asinh: 1,
        range: (u) => yRange(u, source, isSymlog),
      },
    },
    axes: [
      {
        stroke: () => source.palette().ink3,
        font: FONT,
        size: X_AXIS_HEIGHT,
        gap: 4,
        space: (u) => (u.width < NARROW_PX ? 44 : 72),
        grid: { show: false },
        ticks: { stroke: () => source.palette().line, size: 4, width: 1 },
        values: (_, splits) => splits.map(formatCount),
      },
      {
        stroke: () => source.palette().ink3,
        font: FONT,
        size: Y_AXIS_WIDTH,
        gap: 6,
        space: (u) => (u.height < LOW_PX ? 28 : 44),
        grid: { stroke: () => source.palette().line, width: 1 },
        ticks: { show: false },
        values: (_, splits) => splits.map(formatTick),
        ...(isSymlog
          ? {
              splits: (_: uPlot, __: number, min: number, max: number) =>
                symlogTicks(min, max, MOST_SYMLOG_TICKS),
            }
          : {}),
      },
    ],
    series: [
      {},
      { stroke: () => source.palette().ink, width: 1.5, points: { show: false }, spanGaps: true },
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
          const { left = -1 } = u.cursor;
          source.onCursor(left < 0 ? null : u.posToVal(left, "x"));
        },
      ],
    },
  };
}

function selected(u: uPlot, source: PlotSource): void {
  const { left, width } = u.select;
  if (width < SMALLEST_DRAG_PX) return;
  const range = [u.posToVal(left, "x"), u.posToVal(left + width, "x")] as const;
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  source.onZoom(range);
}

function yRange(u: uPlot, source: PlotSource, isSymlog: boolean): [number, number] {
  const [from, to] = source.xRange();
  const extent = source.yExtent(u.scales.x?.min ?? from, u.scales.x?.max ?? to);
  if (extent === null) return [0, 1];
  const [min, max] = extent;
  if (isSymlog) return symlogMargin(min, max, MARGIN_SHARE);
  return withMargin(min, max, MARGIN_SHARE);
}

function formatTick(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size >= 10_000 || size < 0.001) return formatMeasured(value);
  return String(Number(value.toPrecision(4))).replace("-", "\u2212");
}
