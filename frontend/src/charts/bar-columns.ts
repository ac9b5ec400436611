/** Bars of ranges, so few on a column of pixels that all of them can be seen. */

import { MOST_ON_A_PIXEL } from "./dot-grid";

export interface Bar {
  readonly left: number;
  readonly top: number;
  readonly bottom: number;
}

/**
 * The first few of each column; the last of them reaches as far as all that come after it, so that
 * no spike is lost.
 *
 * @param bars From left to right.
 * @param width Of a column.
 */
export function fewBars(bars: Iterable<Bar>, width: number): Bar[] {
  const few: Bar[] = [];
  let [column, inColumn] = [Number.NaN, 0];
  for (const bar of bars) {
    const own = Math.floor(bar.left / width);
    if (own !== column) [column, inColumn] = [own, 0];
    const last = few.at(-1);
    if (inColumn < MOST_ON_A_PIXEL || last === undefined) {
      few.push(bar);
      inColumn += 1;
    } else {
      few[few.length - 1] = {
        left: last.left,
        top: Math.min(last.top, bar.top),
        bottom: Math.max(last.bottom, bar.bottom),
      };
    }
  }
  return few;
}
