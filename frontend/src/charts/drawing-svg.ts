/** A drawing as an SVG document: vectors, and text that stays text. */

import type { Drawing, Shape } from "./drawing";

const FONT = "'IBM Plex Sans', 'IBM Plex Sans Variable', sans-serif";

/** @param plotId unlike any other id of the document that it will stand in */
export function svgOf(
  { title, width, height, ground, inner, shapes }: Drawing,
  plotId = "plot",
): string {
  const clip = `<rect x="${inner.x}" y="${inner.y}" width="${inner.width}" height="${inner.height}"/>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
      `viewBox="0 0 ${width} ${height}" font-family="${FONT}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" fill="${ground}"/>`,
    `<clipPath id="${plotId}">${clip}</clipPath>`,
    ...shapes.map((shape) => element(shape, plotId)),
    "</svg>",
  ].join("\n");
}

function element(shape: Shape, plotId: string): string {
  if (shape.kind === "text") {
    const { x, y, text, colour, size, isStrong, anchor } = shape;
    return (
      `<text x="${x}" y="${y}" font-size="${size}" fill="${colour}"` +
      `${isStrong === true ? ' font-weight="600"' : ""}` +
      `${anchor === undefined ? "" : ` text-anchor="${anchor}"`}>${escaped(text)}</text>`
    );
  }
  const { d, fill, stroke, width, dash = [], opacity, isClipped, title } = shape;
  const attributes = [
    `d="${d}"`,
    `fill="${fill ?? "none"}"`,
    ...(stroke === undefined ? [] : [`stroke="${stroke}"`, 'stroke-linejoin="round"']),
    ...(width === undefined ? [] : [`stroke-width="${width}"`]),
    ...(dash.length === 0 ? [] : [`stroke-dasharray="${dash.join(" ")}"`]),
    ...(opacity === undefined || opacity === 1 ? [] : [`opacity="${opacity}"`]),
    ...(isClipped === true ? [`clip-path="url(#${plotId})"`] : []),
  ].join(" ");
  return title === undefined
    ? `<path ${attributes}/>`
    : `<path ${attributes}><title>${escaped(title)}</title></path>`;
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
