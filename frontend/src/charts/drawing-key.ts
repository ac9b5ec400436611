/** The legend of a drawing: samples with words, in rows that wrap. */

import type { KeyEntry, KeyLook } from "./chart-subject";
import { box, hueOf, type Shape } from "./drawing";
import { BAND_OPACITY } from "./paint-scene";
import type { Palette } from "./palette";
import { INK_HUE } from "./scene";

const ROW = 18;
const SAMPLE_WIDTH = 26;
const GAP = 8;
const BETWEEN = 20;
const SIZE = 11;
/** Of a letter, by its size; nobody can measure text that another program will set. */
const LETTER_WIDTH = 0.56;
const DARKNESS = [0, 0.05, 0.25, 0.5, 0.75, 1];

export interface Key {
  readonly shapes: readonly Shape[];
  readonly height: number;
}

export function layOutKey(
  entries: readonly KeyEntry[],
  palette: Palette,
  room: { readonly left: number; readonly right: number; readonly top: number },
): Key {
  let [x, row] = [room.left, 0];
  const shapes: Shape[] = [];
  for (const { text, look } of entries) {
    const sample = look.kind === "dot" || look.kind === "mark" ? GAP : SAMPLE_WIDTH;
    const width = sample + GAP + text.length * SIZE * LETTER_WIDTH;
    if (x > room.left && x + width > room.right) [x, row] = [room.left, row + 1];
    const middle = room.top + ROW * (row + 0.4);
    shapes.push(...sampleOf(look, palette, { x, middle }), {
      kind: "text",
      x: x + sample + GAP,
      y: middle + 4,
      text,
      colour: palette.ink2,
      size: SIZE,
    });
    x += width + BETWEEN;
  }
  return { shapes, height: entries.length === 0 ? 0 : ROW * (row + 1) + 4 };
}

function sampleOf(
  look: KeyLook,
  palette: Palette,
  { x, middle }: { readonly x: number; readonly middle: number },
): Shape[] {
  switch (look.kind) {
    case "line":
      return [
        {
          kind: "path",
          d: `M${x} ${middle}h${SAMPLE_WIDTH}`,
          stroke: hueOf(palette, look.hue),
          width: 2,
          dash: look.dash,
        },
      ];
    case "threshold":
      return [
        {
          kind: "path",
          d: `M${x} ${middle}h${SAMPLE_WIDTH}`,
          stroke: palette.good,
          dash: [5, 4],
        },
      ];
    case "dot": {
      const fill = look.hue === INK_HUE ? palette.ink3 : hueOf(palette, look.hue);
      return [{ kind: "path", d: box(x + 1, middle - 3, 6, 6), fill }];
    }
    case "band":
      return [
        {
          kind: "path",
          d: box(x, middle - 5, SAMPLE_WIDTH, 10),
          fill: hueOf(palette, look.hue),
          opacity: BAND_OPACITY,
        },
      ];
    case "mark": {
      const height = look.isTick ? 5 : 12;
      return [
        {
          kind: "path",
          d: `M${x + 4} ${middle + 6}v${-height}`,
          stroke: palette[look.tone],
          dash: look.dash,
        },
      ];
    }
    case "faded":
      return [
        {
          kind: "path",
          d: box(x, middle - 5, SAMPLE_WIDTH, 10),
          fill: palette.sunken,
          stroke: palette.line,
        },
      ];
    case "darkness":
      return DARKNESS.map((darkness, i) => ({
        kind: "path",
        d: box(x + (SAMPLE_WIDTH / DARKNESS.length) * i, middle - 5, 5, 10),
        fill: palette.ink,
        opacity: darkness,
      }));
  }
}
