/**
 * What a chart of several curves shows, as plain figures: drawn on the screen's canvas and
 * written as SVG from the same description, so that both are the same picture.
 */

import type { ZoomRange } from "../live/run-store";
import { withMargin } from "./extent";
import { symlogMargin } from "./symlog";

type Column = ArrayLike<number>;

export interface SceneLine {
  readonly x: Column;
  readonly y: Column;
  readonly hue: number;
  readonly dash: readonly number[];
  readonly width: number;
  readonly opacity: number;
}

export interface SceneBand {
  readonly x: Column;
  readonly low: Column;
  readonly high: Column;
  readonly hue: number;
}

/** Single values, and ranges of several, under the lines. */
export interface SceneDots {
  readonly x: Column;
  readonly low: Column;
  readonly high: Column;
  readonly hue: number;
}

/** One bin of a histogram during one stretch of the run. */
export interface SceneCell {
  readonly x: ZoomRange;
  readonly y: ZoomRange;
  /** 0 to 1. */
  readonly darkness: number;
}

/** Which of the palette's colours. */
export type Tone = "accent" | "good" | "warn" | "ink3";

/** Something that happened at one place. */
export interface SceneMark {
  readonly x: number;
  readonly tone: Tone;
  readonly dash: readonly number[];
  /** Short, at the bottom. */
  readonly isTick: boolean;
  /** What happened. */
  readonly text?: string;
}

export interface Scene {
  readonly bands: readonly SceneBand[];
  /** The later ones over the earlier ones; where y is not a number there is a gap. */
  readonly lines: readonly SceneLine[];
  readonly threshold: number | null;
  readonly dots?: readonly SceneDots[];
  readonly cells?: readonly SceneCell[];
  readonly marks?: readonly SceneMark[];
  /** Stretches that count for nothing any more. */
  readonly faded?: readonly { readonly begin: number; readonly end: number }[];
}

/** Of the palette's hues there is none for ink. */
export const INK_HUE = -1;

const MARGIN_SHARE = 0.06;

/** From the first to the last place of anything; from 0 to 1 while there is nothing. */
export function sceneWidth({ lines }: Scene): ZoomRange {
  let end = 0;
  let begin = Number.POSITIVE_INFINITY;
  for (const { x } of lines) {
    begin = Math.min(begin, x[0] ?? begin);
    end = Math.max(end, x[x.length - 1] ?? 0);
  }
  // Runs begin at 0; a comparison of forks begins where they do.
  const from = Number.isFinite(begin) && begin > end / 2 ? begin : 0;
  return [from, end > from ? end : from + 1];
}

/** Lowest and highest value between two places, with a margin; null where there is nothing. */
export function sceneHeight(scene: Scene, range: ZoomRange, isSymlog: boolean): ZoomRange | null {
  let low = scene.threshold ?? Number.POSITIVE_INFINITY;
  let high = scene.threshold ?? Number.NEGATIVE_INFINITY;
  const take = (x: Column, ys: readonly Column[]) => {
    const [from, to] = stretch(x, range);
    for (let i = from; i <= to; i += 1) {
      for (const y of ys) {
        const value = y[i] ?? Number.NaN;
        if (!Number.isFinite(value)) continue;
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
  };
  for (const { x, y } of scene.lines) take(x, [y]);
  for (const { x, low: bottom, high: top } of scene.bands) take(x, [bottom, top]);
  for (const { x, low: bottom, high: top } of scene.dots ?? []) take(x, [bottom, top]);
  if (!Number.isFinite(low) || !Number.isFinite(high)) return null;
  return (isSymlog ? symlogMargin : withMargin)(low, high, MARGIN_SHARE);
}

/** Indexes [first, last] of what is in view; one beyond on each side. */
export function stretch(x: Column, [from, to]: ZoomRange): [number, number] {
  return [Math.max(0, firstAtOrAfter(x, from) - 1), Math.min(x.length - 1, firstAtOrAfter(x, to))];
}

function firstAtOrAfter(x: Column, place: number): number {
  let low = 0;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((x[middle] ?? Number.POSITIVE_INFINITY) < place) low = middle + 1;
    else high = middle;
  }
  return low;
}
