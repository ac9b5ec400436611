/** A drawing as pixels, with the page's own font. */

import type { Drawing, Shape } from "./drawing";

const FONT = '"IBM Plex Sans Variable", "IBM Plex Sans", sans-serif';

/** @param scale pixels for each unit of the drawing */
export function paintDrawing(drawing: Drawing, scale: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(drawing.width * scale);
  canvas.height = Math.round(drawing.height * scale);
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("this browser can't draw the picture");
  context.scale(scale, scale);
  context.fillStyle = drawing.ground;
  context.fillRect(0, 0, drawing.width, drawing.height);
  const { x, y, width, height } = drawing.inner;
  const inner = new Path2D();
  inner.rect(x, y, width, height);
  for (const shape of drawing.shapes) {
    context.save();
    if (shape.kind === "path" && shape.isClipped === true) context.clip(inner);
    paint(context, shape);
    context.restore();
  }
  return canvas;
}

function paint(context: CanvasRenderingContext2D, shape: Shape): void {
  if (shape.kind === "text") {
    context.font = `${shape.isStrong === true ? 600 : 400} ${shape.size}px ${FONT}`;
    context.textAlign = { middle: "center", end: "right", start: "left" }[
      shape.anchor ?? "start"
    ] as CanvasTextAlign;
    context.fillStyle = shape.colour;
    context.fillText(shape.text, shape.x, shape.y);
    return;
  }
  const path = new Path2D(shape.d);
  context.globalAlpha = shape.opacity ?? 1;
  if (shape.fill !== undefined) {
    context.fillStyle = shape.fill;
    context.fill(path);
  }
  if (shape.stroke !== undefined) {
    context.strokeStyle = shape.stroke;
    context.lineWidth = shape.width ?? 1;
    context.lineJoin = "round";
    context.setLineDash([...(shape.dash ?? [])]);
    context.stroke(path);
  }
}
