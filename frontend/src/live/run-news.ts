/** What happened to runs between two looks at their list, as far as somebody may want to be told. */

import type { Run, RunState } from "../api/types";

export interface RunNews {
  readonly kind: "end" | "alert";
  readonly runId: string;
  readonly title: string;
  readonly text: string;
}

type Seen = Pick<Run, "id" | "name" | "state" | "alerts" | "reason" | "progress">;

const ENDS: ReadonlySet<RunState> = new Set([
  "finished",
  "stopped",
  "aborted",
  "failed",
  "interrupted",
]);

/** Of runs that were seen before: what is old when the page opens is no news. */
export function newsBetween(before: readonly Seen[], after: readonly Seen[]): RunNews[] {
  const known = new Map(before.map((run) => [run.id, run]));
  return after.flatMap((run) => {
    const earlier = known.get(run.id);
    if (earlier === undefined) return [];
    const news: RunNews[] = [];
    const raised = new Set(earlier.alerts.map(({ name }) => name));
    for (const { name, severity } of run.alerts) {
      if (severity !== "critical" || raised.has(name)) continue;
      news.push({
        kind: "alert",
        runId: run.id,
        title: `${run.name}: ${name.replaceAll("_", " ")}`,
        text: "A critical alert was raised.",
      });
    }
    if (ENDS.has(run.state) && !ENDS.has(earlier.state)) {
      news.push({
        kind: "end",
        runId: run.id,
        title: `${run.name}: ${run.state}`,
        text: endText(run),
      });
    }
    return news;
  });
}

function endText({ reason, progress }: Seen): string {
  const said = (reason ?? "").split("\n")[0] ?? "";
  const mean = progress.mean_return_100;
  const parts = [said, mean === null ? "" : `mean return ${Number(mean.toFixed(1))}`];
  return parts.filter((part) => part !== "").join("; ");
}
