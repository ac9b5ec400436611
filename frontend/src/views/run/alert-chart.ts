/** Where a person sees what an alert is about. */

import type { AlertRule, AlgorithmDescription } from "../../api/types";
import { CHART_SETS, type ChartSet, OVERVIEW_METRICS } from "./chart-sets";

export type AlertPlace =
  | { readonly kind: "large" }
  | { readonly kind: "workers" }
  | {
      readonly kind: "small";
      readonly metric: string;
      readonly label: string;
      readonly set: ChartSet;
    };

/** What a rule computes from metrics is best seen in one of them. */
const SEEN_IN: Readonly<Record<string, string>> = {
  greedy_shortfall: "evaluation_return_greedy",
  value_excess: "value_max",
  value_loss_jump: "value_loss",
  action_share: "action_max_share",
  speed_share: "steps_per_second",
  memory_growth: "memory_bytes",
  not_finite: "gradient_norm",
};
const LARGE: ReadonlySet<string> = new Set(["return_lost", "return_rise", "solved"]);
const WORKERS: ReadonlySet<string> = new Set(["silence_s", "worker_died"]);

/** Null: no chart of this mode shows it. */
export function alertPlace(
  { signal }: Pick<AlertRule, "signal">,
  algorithm: Pick<AlgorithmDescription, "metrics">,
  present: ChartSet,
): AlertPlace | null {
  if (LARGE.has(signal)) return { kind: "large" };
  if (WORKERS.has(signal)) return { kind: "workers" };
  const name = SEEN_IN[signal] ?? signal;
  const metric = algorithm.metrics.find((each) => each.name === name);
  if (metric === undefined) return null;
  // Where it is in the charts that are open already, these stay.
  const isInOverview = present === "overview" && OVERVIEW_METRICS.includes(name);
  const group = CHART_SETS.find((each) => each === metric.group);
  const set = isInOverview ? "overview" : group;
  return set === undefined ? null : { kind: "small", metric: name, label: metric.label, set };
}
