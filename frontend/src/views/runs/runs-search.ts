/** How the list of runs is looked at; it lives in the URL. */

import type { Activity } from "../../api/run-lists";
import { GROUPINGS, type Grouping } from "./run-grouping";

export interface RunsSearch {
  readonly q?: string;
  readonly by?: Grouping;
  readonly state?: Activity;
  readonly latest?: true;
}

/** Reads a URL that anybody may have typed: what makes no sense is left out. */
export function readRunsSearch(search: Readonly<Record<string, unknown>>): RunsSearch {
  const { q, by, state, latest } = search;
  const text = typeof q === "string" || typeof q === "number" ? String(q).slice(0, 100) : "";
  const grouping = GROUPINGS.find((each) => each === by);
  return {
    ...(text === "" ? {} : { q: text }),
    ...(grouping === undefined ? {} : { by: grouping }),
    ...(state === "active" || state === "ended" ? { state } : {}),
    ...(latest === true || latest === "true" ? { latest: true } : {}),
  };
}
