/** A chart as a picture with its title, on the page's own background. */

import { saveFile } from "../ui/save-file";
import type { KeyEntry } from "./export-svg";
import { readPalette } from "./palette";

const MARGIN = 12;
const TITLE_HEIGHT = 30;
const KEY_ROW_HEIGHT = 18;
const KEY_WIDTH = 26;

/** @param key what the curves are; none for a chart of one run */
export function downloadPng(
  plot: HTMLCanvasElement,
  title: string,
  fileName: string,
  key: readonly KeyEntry[] = [],
): void {
  const palette = readPalette();
  const scale = plot.width / plot.clientWidth;
  const picture = document.createElement("canvas");
  picture.width = plot.width + 2 * MARGIN * scale;
  picture.height = plot.height + (TITLE_HEIGHT + KEY_ROW_HEIGHT * key.length + MARGIN) * scale;
  const context = picture.getContext("2d");
  if (context === null) throw new Error("this browser can't draw the picture");
  context.fillStyle = palette.surface;
  context.fillRect(0, 0, picture.width, picture.height);
  context.fillStyle = palette.ink;
  context.font = `600 ${13 * scale}px "IBM Plex Sans Variable", sans-serif`;
  context.fillText(title, MARGIN * scale, 20 * scale);
  context.drawImage(plot, MARGIN * scale, TITLE_HEIGHT * scale);
  context.font = `${11 * scale}px "IBM Plex Sans Variable", sans-serif`;
  context.lineWidth = 2 * scale;
  key.forEach(({ text, hue, dash }, row) => {
    const left = 4 * MARGIN * scale;
    const middle = plot.height + (TITLE_HEIGHT + KEY_ROW_HEIGHT * (row + 0.5)) * scale;
    context.strokeStyle = palette.workers[hue] ?? palette.ink;
    context.setLineDash(dash.map((length) => length * scale));
    context.beginPath();
    context.moveTo(left, middle);
    context.lineTo(left + KEY_WIDTH * scale, middle);
    context.stroke();
    context.fillStyle = palette.ink2;
    context.fillText(text, left + (KEY_WIDTH + 8) * scale, middle + 4 * scale);
  });
  picture.toBlob((blob) => {
    if (blob !== null) saveFile(blob, fileName);
  });
}
