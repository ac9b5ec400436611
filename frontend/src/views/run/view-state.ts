/** What a person has chosen to see of a run; it lives in the URL, so that it can be shared. */

import type { SeriesAxis } from "../../api/types";
import { AXES } from "../../charts/axes";
import { MOST_SMOOTHING } from "../../live/ema";
import type { ZoomRange } from "../../live/run-store";
import { type Preferences, preferences } from "../../ui/preferences";
import { CHART_SETS, type ChartSet } from "./chart-sets";

export const DEFAULT_SMOOTHING = 0.6;

/** What lies below the charts. */
export type RecordTab = "agent" | "workers" | "checkpoints" | "ledger" | "alerts" | "log";

const OTHER_TABS = ["agent", "workers", "checkpoints", "alerts", "log"] as const;

/** As in the URL; what is left out has its default. */
export interface RunSearch {
  readonly x?: SeriesAxis;
  readonly smoothing?: number;
  readonly scale?: "symlog";
  /** Which small charts; left out: the overview. */
  readonly charts?: ChartSet;
  /** What lies below the charts; left out: what happened. */
  readonly tab?: Exclude<RecordTab, "ledger">;
  readonly from?: number;
  readonly to?: number;
}

/**
 * Reads a URL that anybody may have typed: what makes no sense is left out. A view that is opened
 * anew begins as its reader wants it; an address always says what differs from the page's own
 * defaults, so that it shows the same to others.
 */
export function readRunSearch(
  search: Readonly<Record<string, unknown>>,
  { axis: wantedAxis, runSmoothing }: Pick<Preferences, "axis" | "runSmoothing"> = preferences(),
): RunSearch {
  const { x, smoothing, scale, charts, tab, from, to } = search;
  const isZoom = isNumber(from) && isNumber(to) && from < to;
  const isSmoothing = isNumber(smoothing) && smoothing >= 0 && smoothing <= MOST_SMOOTHING;
  const set = CHART_SETS.find((each) => each === charts);
  const shown = OTHER_TABS.find((each) => each === tab);
  const axis = AXES.find((each) => each === x) ?? wantedAxis;
  const isPlainAxis = axis === "env_step" && wantedAxis === "env_step";
  const smoothed = isSmoothing ? smoothing : runSmoothing;
  const isPlainSmoothing = smoothed === DEFAULT_SMOOTHING && runSmoothing === DEFAULT_SMOOTHING;
  return {
    ...(isPlainAxis ? {} : { x: axis }),
    ...(isPlainSmoothing ? {} : { smoothing: smoothed }),
    ...(scale === "symlog" ? { scale } : {}),
    ...(set === undefined || set === "overview" ? {} : { charts: set }),
    ...(shown === undefined ? {} : { tab: shown }),
    ...(isZoom ? { from, to } : {}),
  };
}

/** The same view with another tab below it. */
export function withTab(search: RunSearch, tab: RecordTab): RunSearch {
  const { tab: _before, ...rest } = search;
  return tab === "ledger" ? rest : { ...rest, tab };
}

export function zoomOf(search: RunSearch): ZoomRange | null {
  const { from, to } = search;
  return from === undefined || to === undefined ? null : [from, to];
}

/** The same view at another zoom; whole numbers are enough for every axis but seconds. */
export function withZoom(search: RunSearch, zoom: ZoomRange | null): RunSearch {
  const { from: _from, to: _to, ...rest } = search;
  if (zoom === null) return rest;
  const digits = search.x === "seconds" ? 2 : 0;
  const [from, to] = zoom.map((value) => Number(Math.max(0, value).toFixed(digits)));
  return from !== undefined && to !== undefined && from < to ? { ...rest, from, to } : search;
}

/** Half as wide, or twice; towards the newest data while live. Null is the whole live view. */
export function scaledZoom(
  zoom: ZoomRange | null,
  factor: number,
  whole: ZoomRange,
): ZoomRange | null {
  const [start, end] = whole;
  const [from, to] = zoom ?? whole;
  const centre = zoom === null ? end : (from + to) / 2;
  const half = ((to - from) * factor) / (zoom === null ? 1 : 2);
  const next: ZoomRange = [Math.max(start, centre - half), Math.min(end, centre + half)];
  return next[0] <= start && next[1] >= end ? null : next;
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
