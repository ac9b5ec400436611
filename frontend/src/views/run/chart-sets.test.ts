import { describe, expect, it } from "vitest";
import type { AlgorithmDescription, MetricDefinition } from "../../api/types";
import { histogramsOf, loadedMetrics, modesOf, shownCharts } from "./chart-sets";

const metric = (name: string, group: MetricDefinition["group"]) =>
  ({ name, group, label: name }) as MetricDefinition;
const everywhere = [
  metric("episode_return", "return"),
  metric("entropy", "policy"),
  metric("entropy_fraction", "policy"),
  metric("policy_loss", "update"),
  metric("gradient_clipped", "update"),
];
const mode = (name: string, ...metrics: MetricDefinition[]) =>
  ({ name, metrics: [...everywhere, ...metrics] }) as AlgorithmDescription;
const a3c = mode("a3c", metric("policy_lag", "staleness"));
const ga3c = mode(
  "ga3c",
  metric("policy_lag", "staleness"),
  metric("value_delta", "staleness"),
  metric("queue_depth", "queue"),
);
const a2c = mode("a2c");
const all = [a3c, ga3c, a2c];
const names = (metrics: readonly MetricDefinition[]) => metrics.map(({ name }) => name);

describe("the overview", () => {
  it("has the same places in every mode, filled with what the mode measures", () => {
    const none = new Set<string>();
    expect(names(shownCharts("overview", a3c, all, none).shown)).toEqual([
      "policy_loss",
      "entropy_fraction",
      "policy_lag",
    ]);
    expect(names(shownCharts("overview", a2c, all, none).shown)).toContain("gradient_clipped");
  });

  it("takes the next best where a run has no values", () => {
    const shown = shownCharts("overview", a3c, all, new Set(["entropy_fraction"])).shown;
    expect(names(shown)).toEqual(["policy_loss", "entropy", "policy_lag"]);
  });
});

describe("a group", () => {
  it("says what is empty here and what is measured elsewhere", () => {
    const charts = shownCharts("staleness", a3c, all, new Set(["policy_lag"]));
    expect(names(charts.shown)).toEqual([]);
    expect(names(charts.empty)).toEqual(["policy_lag"]);
    expect(names(charts.elsewhere)).toEqual(["value_delta"]);
  });

  it("leaves the return to the large chart", () => {
    expect(names(shownCharts("return", a3c, all, new Set()).shown)).toEqual([]);
  });

  it("is loaded with what the queue's gauge needs, where there is a queue", () => {
    expect(loadedMetrics("policy", a3c)).toEqual(["entropy", "entropy_fraction"]);
    expect(loadedMetrics("policy", ga3c)).toEqual(["entropy", "entropy_fraction", "queue_depth"]);
  });

  it("has the histograms of its group; returns are also what V has to predict", () => {
    const counts = [
      { name: "actions", group: "policy" },
      { name: "episode_return", group: "return" },
    ];
    const described = { ...a3c, histograms: counts } as AlgorithmDescription;
    const shown = (set: "overview" | "policy" | "value" | "return") =>
      histogramsOf(set, described).map(({ name }) => name);

    expect(shown("policy")).toEqual(["actions"]);
    expect(shown("value")).toEqual(["episode_return"]);
    expect(shown("return")).toEqual(["episode_return"]);
    expect(shown("overview")).toEqual([]);
  });

  it("knows the modes that have it", () => {
    expect(modesOf("queue", all)).toEqual(["ga3c"]);
    expect(modesOf("policy", all)).toEqual(["a3c", "ga3c", "a2c"]);
  });
});
