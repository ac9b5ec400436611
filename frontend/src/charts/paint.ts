/** What uPlot has no series for: raw samples, ranges, the threshold, the marks. */

import type uPlot from "uplot";
import type { Mark } from "../live/run-view";
import type { SampleBuffer } from "../live/sample-buffer";
import { bandOutline } from "./band-outline";
import { DotGrid } from "./dot-grid";
import { visibleIndexes } from "./extent";
import { type Palette, WORKER_HUES } from "./palette";
import type { Tone } from "./scene";

const DOT_PX = 2.6;
const RANGE_PX = 1.6;

/** Runs `work` with the canvas clipped to the plotting area. */
export function clipped(u: uPlot, work: (context: CanvasRenderingContext2D) => void): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  work(ctx);
  ctx.restore();
}

/** One faint dot for each episode in its worker's hue; a bar from lowest to highest for a bin. */
export function paintDots(u: uPlot, samples: SampleBuffer, palette: Palette): void {
  const [first, last] = visibleInPlot(u, samples);
  const { x, low, high, worker } = samples;
  const pixel = uPixelRatio(u);
  const dot = DOT_PX * pixel;
  const bar = RANGE_PX * pixel;
  const { bbox } = u;
  // A dot on the edge is half to be seen.
  const grid = new DotGrid(bbox.width / pixel + 2 * DOT_PX, bbox.height / pixel + 2 * DOT_PX);
  clipped(u, (context) => {
    for (let hue = -1; hue < WORKER_HUES; hue += 1) {
      grid.clear();
      context.fillStyle = palette.workers[hue] ?? palette.ink3;
      for (let i = first; i <= last; i += 1) {
        const owner = worker[i] ?? -1;
        if ((owner < 0 ? -1 : owner % WORKER_HUES) !== hue) continue;
        const left = u.valToPos(x[i] ?? 0, "x", true);
        const top = u.valToPos(high[i] ?? 0, "y", true);
        if (low[i] === high[i]) {
          const isSeen = grid.admits(
            (left - bbox.left) / pixel + DOT_PX,
            (top - bbox.top) / pixel + DOT_PX,
          );
          if (!isSeen) continue;
          context.globalAlpha = palette.dotOpacity;
          context.fillRect(left - dot / 2, top - dot / 2, dot, dot);
        } else {
          const bottom = u.valToPos(low[i] ?? 0, "y", true);
          context.globalAlpha = palette.rangeOpacity;
          context.fillRect(left - bar / 2, top, bar, Math.max(bar, bottom - top));
        }
      }
    }
  });
}

/** The range of the raw values behind the line, as one quiet area. */
export function paintBand(u: uPlot, samples: SampleBuffer, palette: Palette): void {
  const [first, last] = visibleInPlot(u, samples);
  if (last <= first) return;
  const { x, low, high } = bandOutline(samples, [first, last], (at) => u.valToPos(at, "x", true));
  clipped(u, (context) => {
    context.beginPath();
    x.forEach((left, i) => {
      context.lineTo(left, u.valToPos(high[i] ?? 0, "y", true));
    });
    for (let i = x.length - 1; i >= 0; i -= 1) {
      context.lineTo(x[i] ?? 0, u.valToPos(low[i] ?? 0, "y", true));
    }
    context.closePath();
    context.fillStyle = palette.band;
    context.fill();
  });
}

/** A dashed line at the value that counts as solved. */
export function paintThreshold(u: uPlot, threshold: number, palette: Palette): void {
  const pixel = uPixelRatio(u);
  const y = u.valToPos(threshold, "y", true);
  clipped(u, (context) => {
    context.strokeStyle = palette.good;
    context.lineWidth = pixel;
    context.setLineDash([5 * pixel, 4 * pixel]);
    context.beginPath();
    context.moveTo(u.bbox.left, y);
    context.lineTo(u.bbox.left + u.bbox.width, y);
    context.stroke();
  });
}

/** Changes by people in petrol, alerts in ochre, the solution in green, commands and rewinds dashed, checkpoints as ticks. */
export function paintMarks(
  u: uPlot,
  marks: readonly Mark[],
  place: (envStep: number) => number | null,
  palette: Palette,
): void {
  const pixel = uPixelRatio(u);
  const { top, height } = u.bbox;
  clipped(u, (context) => {
    for (const mark of marks) {
      const x = place(mark.envStep);
      if (x === null) continue;
      const left = Math.round(u.valToPos(x, "x", true)) + 0.5;
      const isTick = mark.kind === "checkpoint";
      context.strokeStyle = palette[markTone(mark)];
      context.lineWidth = pixel;
      context.setLineDash(markDash(mark).map((length) => length * pixel));
      context.beginPath();
      context.moveTo(left, isTick ? top + height - 5 * pixel : top);
      context.lineTo(left, top + height);
      context.stroke();
    }
  });
}

export function markTone({ kind }: Pick<Mark, "kind">): Tone {
  if (kind === "tuned") return "accent";
  if (kind === "solved") return "good";
  return kind === "alert" ? "warn" : "ink3";
}

/** Of what a person ordered: lines and gaps in CSS pixels. */
export function markDash({ kind }: Pick<Mark, "kind">): readonly number[] {
  return kind === "command" || kind === "rewind" ? [2, 3] : [];
}

export function uPixelRatio(u: uPlot): number {
  return u.ctx.canvas.width / u.width;
}

function visibleInPlot(u: uPlot, samples: SampleBuffer): [number, number] {
  const { min = 0, max = 0 } = u.scales.x ?? {};
  return visibleIndexes(samples.x, min, max);
}
