/** What somebody compares, and how they look at it; it lives in the URL, so it can be shared. */

import type { SeriesAxis } from "../../api/types";
import { MOST_SMOOTHING } from "../../live/ema";
import type { ZoomRange } from "../../live/run-store";
import { type Preferences, preferences } from "../../ui/preferences";
import { GATHERINGS, type Gathering } from "./gathering";

/** Single episodes scatter; a comparison looks at where they tend. */
export const DEFAULT_SMOOTHING = 0.95;
/** More curves than this can't be told apart, and each costs memory. */
export const MOST_RUNS = 64;
export const COMPARE_AXES = ["env_step", "seconds", "episode"] as const satisfies SeriesAxis[];
export type CompareAxis = (typeof COMPARE_AXES)[number];

export interface CompareSearch {
  /** Ids, with commas. */
  readonly runs?: string;
  /** Names of groups. */
  readonly group?: readonly string[];
  readonly by?: Gathering;
  readonly x?: CompareAxis;
  readonly smoothing?: number;
  readonly scale?: "symlog";
  /** Left out: the one that all runs have. */
  readonly threshold?: number;
  readonly steered?: "in";
  /** Only means; left out: each seed as a thin line, too. */
  readonly seeds?: "off";
  /** Ids of runs that are left out on purpose. */
  readonly without?: string;
  readonly from?: number;
  readonly to?: number;
}

/** Reads a URL that anybody may have typed: what makes no sense is left out. As that of a run. */
export function readCompareSearch(
  search: Readonly<Record<string, unknown>>,
  wanted: Pick<Preferences, "axis" | "comparisonSmoothing"> = preferences(),
): CompareSearch {
  const { smoothing, threshold, from, to } = search;
  const runs = idsText(search.runs);
  const without = idsText(search.without);
  const groups = (Array.isArray(search.group) ? search.group : [search.group]).flatMap((each) =>
    typeof each === "string" || typeof each === "number" ? [String(each)] : [],
  );
  const by = GATHERINGS.find((each) => each === search.by);
  const wantedAxis = COMPARE_AXES.find((each) => each === wanted.axis) ?? "env_step";
  const x = COMPARE_AXES.find((each) => each === search.x) ?? wantedAxis;
  const isPlainAxis = x === "env_step" && wantedAxis === "env_step";
  const isSmoothing = isNumber(smoothing) && smoothing >= 0 && smoothing <= MOST_SMOOTHING;
  const smoothed = isSmoothing ? smoothing : wanted.comparisonSmoothing;
  const isPlainSmoothing =
    smoothed === DEFAULT_SMOOTHING && wanted.comparisonSmoothing === DEFAULT_SMOOTHING;
  return {
    ...(runs === "" ? {} : { runs }),
    ...(groups.length === 0 ? {} : { group: [...new Set(groups)] }),
    ...(by === undefined || by === "setting" ? {} : { by }),
    ...(isPlainAxis ? {} : { x }),
    ...(isPlainSmoothing ? {} : { smoothing: smoothed }),
    ...(search.scale === "symlog" ? { scale: "symlog" } : {}),
    ...(isNumber(threshold) ? { threshold } : {}),
    ...(search.steered === "in" ? { steered: "in" } : {}),
    ...(search.seeds === "off" ? { seeds: "off" } : {}),
    ...(without === "" ? {} : { without }),
    ...(isNumber(from) && isNumber(to) && from < to ? { from, to } : {}),
  };
}

export function idsOf(text: string | undefined): string[] {
  return (text ?? "").split(",").filter((id) => id !== "");
}

export function zoomIn({ from, to }: CompareSearch): ZoomRange | null {
  return from === undefined || to === undefined ? null : [from, to];
}

/** The search with other parts; a part that is undefined goes back to its default. */
export function withParts(
  search: CompareSearch,
  parts: { readonly [Name in keyof CompareSearch]?: CompareSearch[Name] | undefined },
): CompareSearch {
  return readCompareSearch({ ...search, ...parts });
}

export function withZoomIn(search: CompareSearch, zoom: ZoomRange | null): CompareSearch {
  const digits = search.x === "seconds" ? 2 : 0;
  const [from, to] = (zoom ?? []).map((at) => Number(Math.max(0, at).toFixed(digits)));
  return withParts(search, { from, to });
}

function idsText(value: unknown): string {
  if (typeof value !== "string") return "";
  const ids = value.split(",").filter((id) => /^[0-9A-Z]{26}$/.test(id));
  return [...new Set(ids)].join(",");
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
