/** The list of runs in groups: by any field that several runs share. */

import type { Run } from "../../api/types";
import { stateWord } from "../../ui/state-glyph";
import { nameStem } from "../compare/gathering";

export const GROUPINGS = ["group", "algorithm", "environment", "tag", "state"] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface RunGroup {
  /** Empty: not grouped. */
  readonly title: string;
  readonly runs: readonly Run[];
}

/** Groups in the order of their newest runs; with several tags, a run is in each of their groups. */
export function groupRuns(runs: readonly Run[], by: Grouping | null): RunGroup[] {
  if (by === null) return runs.length === 0 ? [] : [{ title: "", runs }];
  const groups = new Map<string, Run[]>();
  for (const run of runs) {
    for (const title of titlesOf(run, by)) groups.set(title, [...(groups.get(title) ?? []), run]);
  }
  return [...groups].map(([title, each]) => ({ title, runs: each }));
}

function titlesOf(run: Run, by: Grouping): readonly string[] {
  switch (by) {
    case "group":
      return [run.group ?? "no group"];
    case "algorithm":
      return [run.algorithm];
    case "environment":
      return [run.environment.id];
    case "tag":
      return run.tags.length === 0 ? ["no tag"] : [...new Set(run.tags)];
    case "state":
      return [stateWord(run.state)];
  }
}

/**
 * Only the newest try of each: of runs with one name, group and seed, or one name and no group.
 * @param runs newest first
 */
export function latestOnly(runs: readonly Run[]): Run[] {
  const seen = new Set<string>();
  return runs.filter((run) => {
    const parts = run.group === null ? [run.name] : [nameStem(run.name), run.group, run.seed];
    const key = JSON.stringify(parts);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** The runs between two, both included, as the list shows them: for Shift and a click. */
export function rangeBetween(shown: readonly Run[], one: string, other: string): string[] {
  const [a, b] = [one, other].map((id) => shown.findIndex((run) => run.id === id));
  if (a === undefined || b === undefined || a < 0 || b < 0) return [other];
  return shown.slice(Math.min(a, b), Math.max(a, b) + 1).map(({ id }) => id);
}
