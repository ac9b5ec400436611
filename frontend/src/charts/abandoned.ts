/** What a run went back behind: drawn grey, and never joined to what came after it. */

import type uPlot from "uplot";
import type { AxisStretch } from "../api/types";
import { formatCount } from "../format/numbers";
import { clipped, uPixelRatio } from "./paint";
import type { Palette } from "./palette";

/** Of the grey over what is drawn there: shapes stay readable, colours do not. */
const GREY_OPACITY = 0.8;
const ARROW_PX = 4;
const ARROW_TOP_PX = 5;

type Column<T> = readonly T[] | Float64Array;
type Line = readonly [Column<number>, Column<number | null>];

/** In words, to follow what a chart says; empty if nothing was abandoned. */
export function describeAbandoned(stretches: readonly AxisStretch[]): string {
  if (stretches.length === 0) return "";
  const parts = stretches.map(({ begin, end }) => `${formatCount(begin)} to ${formatCount(end)}`);
  return `; abandoned by a rewind: ${parts.join(", ")}`;
}

/** The same line with a gap at the end of each stretch. */
export function withGaps(line: Line, stretches: readonly AxisStretch[]): Line {
  const [x, y] = line;
  if (stretches.length === 0) return line;
  const xs: number[] = [];
  const ys: (number | null)[] = [];
  let next = 0;
  for (let i = 0; i < x.length; i += 1) {
    const at = x[i] ?? 0;
    for (; next < stretches.length; next += 1) {
      const end = stretches[next]?.end ?? 0;
      if (at <= end) break;
      xs.push(end);
      ys.push(null);
    }
    xs.push(at);
    ys.push(y[i] ?? null);
  }
  return [xs, ys];
}

/** Makes room: lines of the grid would be greyed like what is measured. */
export function clearAbandoned(u: uPlot, stretches: readonly AxisStretch[]): void {
  const { top, height } = u.bbox;
  clipped(u, (context) => {
    for (const { begin, end } of stretches) {
      const left = u.valToPos(begin, "x", true);
      context.clearRect(left, top, u.valToPos(end, "x", true) - left, height);
    }
  });
}

/** Takes the colour out of each stretch, and shows where the run went back to. */
export function paintAbandoned(
  u: uPlot,
  stretches: readonly AxisStretch[],
  palette: Palette,
): void {
  const pixel = uPixelRatio(u);
  const { top, height } = u.bbox;
  clipped(u, (context) => {
    for (const { begin, end } of stretches) {
      const left = u.valToPos(begin, "x", true);
      const width = u.valToPos(end, "x", true) - left;
      // Only over what is drawn, then only under it: the canvas is transparent elsewhere.
      context.globalCompositeOperation = "source-atop";
      context.globalAlpha = GREY_OPACITY;
      context.fillStyle = palette.lineStrong;
      context.fillRect(left, top, width, height);
      context.globalCompositeOperation = "destination-over";
      context.globalAlpha = 1;
      context.fillStyle = palette.sunken;
      context.fillRect(left, top, width, height);
      context.globalCompositeOperation = "source-over";
      paintWayBack(context, left, left + width, top + ARROW_TOP_PX * pixel, pixel, palette);
    }
  });
}

function paintWayBack(
  context: CanvasRenderingContext2D,
  to: number,
  from: number,
  y: number,
  pixel: number,
  palette: Palette,
): void {
  const size = ARROW_PX * pixel;
  context.strokeStyle = palette.ink3;
  context.lineWidth = pixel;
  context.setLineDash([]);
  context.beginPath();
  context.moveTo(from, y);
  context.lineTo(to, y);
  context.moveTo(to + size, y - size);
  context.lineTo(to, y);
  context.lineTo(to + size, y + size);
  context.stroke();
}
