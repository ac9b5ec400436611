/** How curves are told apart: by hue, and by the pattern of their dashes for those who can't. */

import { WORKER_HUES } from "./palette";

/** In CSS pixels, as lines and gaps; empty: solid. */
const DASHES: readonly (readonly number[])[] = [[], [7, 4], [2, 3], [9, 3, 2, 3]];

export interface CurveStyle {
  /** Of the hues that the palette has. */
  readonly hue: number;
  readonly dash: readonly number[];
}

/** Neighbours differ in both; all 32 differ in one. */
export function curveStyle(index: number): CurveStyle {
  const round = Math.floor(index / WORKER_HUES);
  return { hue: index % WORKER_HUES, dash: DASHES[(index + round) % DASHES.length] ?? [] };
}

/**
 * A number for each key, the lowest that is free. A key keeps its number as long as it is there,
 * whoever comes or goes beside it.
 */
export function allotIndexes(
  before: ReadonlyMap<string, number>,
  keys: readonly string[],
): ReadonlyMap<string, number> {
  const allotted = new Map<string, number>();
  for (const key of keys) {
    const index = before.get(key);
    if (index !== undefined) allotted.set(key, index);
  }
  const taken = new Set(allotted.values());
  let next = 0;
  for (const key of keys) {
    if (allotted.has(key)) continue;
    while (taken.has(next)) next += 1;
    taken.add(next);
    allotted.set(key, next);
  }
  return allotted;
}
