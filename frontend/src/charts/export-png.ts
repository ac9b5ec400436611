/** A chart as a picture with its title, on the page's own background. */

import { saveFile } from "../ui/save-file";
import { readPalette } from "./palette";

const MARGIN = 12;
const TITLE_HEIGHT = 30;

export function downloadPng(plot: HTMLCanvasElement, title: string, fileName: string): void {
  const palette = readPalette();
  const scale = plot.width / plot.clientWidth;
  const picture = document.createElement("canvas");
  picture.width = plot.width + 2 * MARGIN * scale;
  picture.height = plot.height + (TITLE_HEIGHT + MARGIN) * scale;
  const context = picture.getContext("2d");
  if (context === null) throw new Error("this browser can't draw the picture");
  context.fillStyle = palette.surface;
  context.fillRect(0, 0, picture.width, picture.height);
  context.fillStyle = palette.ink;
  context.font = `600 ${13 * scale}px "IBM Plex Sans Variable", sans-serif`;
  context.fillText(title, MARGIN * scale, 20 * scale);
  context.drawImage(plot, MARGIN * scale, TITLE_HEIGHT * scale);
  picture.toBlob((blob) => {
    if (blob !== null) saveFile(blob, fileName);
  });
}
