/** A scene on uPlot's canvas. */

import type uPlot from "uplot";
import { clipped, paintThreshold, uPixelRatio } from "./paint";
import type { Palette } from "./palette";
import { type Scene, stretch } from "./scene";

export const BAND_OPACITY = 0.16;

export function paintScene(u: uPlot, scene: Scene, palette: Palette): void {
  const pixel = uPixelRatio(u);
  const { min = 0, max = 0 } = u.scales.x ?? {};
  const left = (x: number) => u.valToPos(x, "x", true);
  const top = (y: number) => u.valToPos(y, "y", true);
  clipped(u, (context) => {
    context.lineJoin = "round";
    for (const { x, low, high, hue } of scene.bands) {
      const [first, last] = stretch(x, [min, max]);
      context.beginPath();
      for (let i = first; i <= last; i += 1) context.lineTo(left(x[i] ?? 0), top(high[i] ?? 0));
      for (let i = last; i >= first; i -= 1) context.lineTo(left(x[i] ?? 0), top(low[i] ?? 0));
      context.closePath();
      context.globalAlpha = BAND_OPACITY;
      context.fillStyle = palette.workers[hue] ?? palette.ink;
      context.fill();
    }
    for (const { x, y, hue, dash, width, opacity } of scene.lines) {
      const [first, last] = stretch(x, [min, max]);
      context.beginPath();
      for (let i = first; i <= last; i += 1) context.lineTo(left(x[i] ?? 0), top(y[i] ?? 0));
      context.globalAlpha = opacity;
      context.strokeStyle = palette.workers[hue] ?? palette.ink;
      context.lineWidth = width * pixel;
      context.setLineDash(dash.map((length) => length * pixel));
      context.stroke();
    }
  });
  if (scene.threshold !== null) paintThreshold(u, scene.threshold, palette);
}
