/** Which small charts belong together, and which of them a training mode has values for. */

import type {
  Algorithm,
  AlgorithmDescription,
  HistogramDefinition,
  MetricDefinition,
} from "../../api/types";

type Group = MetricDefinition["group"];

/** "overview", or a group of the catalogue. The returns have the large chart. */
export const CHART_SETS = [
  "overview",
  "policy",
  "value",
  "advantage",
  "update",
  "staleness",
  "ppo",
  "queue",
  "hogwild",
  "throughput",
  "return",
] as const satisfies readonly ("overview" | Group)[];
export type ChartSet = (typeof CHART_SETS)[number];

export const CHART_SET_TITLES: Readonly<Record<ChartSet, string>> = {
  overview: "Overview",
  policy: "Policy",
  value: "Value",
  advantage: "Advantage",
  update: "Update",
  staleness: "Staleness",
  ppo: "PPO",
  queue: "Queue",
  hogwild: "Hogwild",
  throughput: "Throughput",
  return: "Returns",
};

/** Besides those of the set's own group: the spread of what V has to predict. */
const FURTHER_HISTOGRAMS: Partial<Record<ChartSet, readonly string[]>> = {
  value: ["episode_return"],
};

/** Shown elsewhere already: the return is the large chart. */
const NOT_SMALL: ReadonlySet<string> = new Set(["episode_return"]);

/**
 * In reading order: is it learning, what drives it, how healthy is it. Of each place's metrics
 * the first is shown that has values.
 */
const OVERVIEW_PLACES: readonly (readonly string[])[] = [
  ["policy_loss"],
  ["value_loss"],
  ["entropy_fraction", "entropy"],
  ["explained_variance"],
  ["gradient_norm"],
  ["policy_lag", "approximate_kl", "gradient_clipped"],
  ["steps_per_second"],
  ["value_mean"],
];

export const OVERVIEW_METRICS = OVERVIEW_PLACES.flat();

/** What the gauge of the queue reads. */
export const QUEUE_METRICS = ["queue_depth", "queue_age_s", "learning_balance"] as const;

/** The metrics that a set needs history of, in a mode. */
export function loadedMetrics(set: ChartSet, algorithm: AlgorithmDescription): string[] {
  const names = algorithm.metrics.map(({ name }) => name);
  const shown =
    set === "overview"
      ? OVERVIEW_METRICS
      : algorithm.metrics.filter(({ group }) => group === set).map(({ name }) => name);
  const wanted = new Set<string>([...shown, ...QUEUE_METRICS]);
  return names.filter((name) => wanted.has(name) && !NOT_SMALL.has(name));
}

/** The histograms of a set, in a mode; the overview has none. */
export function histogramsOf(
  set: ChartSet,
  algorithm: AlgorithmDescription,
): HistogramDefinition[] {
  const further = FURTHER_HISTOGRAMS[set] ?? [];
  return algorithm.histograms.filter(({ group, name }) => group === set || further.includes(name));
}

export interface ShownCharts {
  readonly shown: readonly MetricDefinition[];
  /** Of this mode, but this run has no values of it. */
  readonly empty: readonly MetricDefinition[];
  /** Of the set, but measured in other modes only. */
  readonly elsewhere: readonly MetricDefinition[];
}

/** @param empty names of the metrics that turned out to have no values in this run */
export function shownCharts(
  set: ChartSet,
  algorithm: AlgorithmDescription,
  algorithms: readonly AlgorithmDescription[],
  empty: ReadonlySet<string>,
): ShownCharts {
  const here = new Map(algorithm.metrics.map((metric) => [metric.name, metric]));
  if (set === "overview") {
    const shown = OVERVIEW_PLACES.flatMap((place) => {
      const measured = place.flatMap((name) => here.get(name) ?? []);
      return measured.find(({ name }) => !empty.has(name)) ?? measured[0] ?? [];
    });
    return { shown, empty: [], elsewhere: [] };
  }
  const own = algorithm.metrics.filter(({ group, name }) => group === set && !NOT_SMALL.has(name));
  const others = algorithms
    .flatMap(({ metrics }) => metrics)
    .filter(({ group, name }) => group === set && !here.has(name));
  return {
    shown: own.filter(({ name }) => !empty.has(name)),
    empty: own.filter(({ name }) => empty.has(name)),
    elsewhere: [...new Map(others.map((metric) => [metric.name, metric])).values()],
  };
}

/** The modes that measure something of this set. */
export function modesOf(
  set: ChartSet,
  algorithms: readonly AlgorithmDescription[],
): readonly Algorithm[] {
  return algorithms
    .filter(({ metrics }) => set === "overview" || metrics.some(({ group }) => group === set))
    .map(({ name }) => name);
}
