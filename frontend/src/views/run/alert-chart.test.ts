import { describe, expect, it } from "vitest";
import type { MetricDefinition } from "../../api/types";
import { alertPlace } from "./alert-chart";

function metric(name: string, group: MetricDefinition["group"]): MetricDefinition {
  return {
    name,
    label: name.replaceAll("_", " "),
    group,
    unit: "",
    per: "update",
    detailed: false,
    meaning: "",
    guidance: "",
    equation: "",
    algorithms: ["a3c"],
  };
}

const ALGORITHM = {
  metrics: [metric("policy_lag", "staleness"), metric("value_loss", "value")],
};

describe("the chart of an alert", () => {
  it("is that of its metric, in the set that is open if it is there", () => {
    expect(alertPlace({ signal: "policy_lag" }, ALGORITHM, "overview")).toEqual({
      kind: "small",
      metric: "policy_lag",
      label: "policy lag",
      set: "overview",
    });
    expect(alertPlace({ signal: "policy_lag" }, ALGORITHM, "value")).toMatchObject({
      set: "staleness",
    });
  });

  it("is that of the metric in which a computed signal is seen", () => {
    expect(alertPlace({ signal: "value_loss_jump" }, ALGORITHM, "policy")).toMatchObject({
      metric: "value_loss",
      set: "value",
    });
  });

  it("is the large one for returns, and the workers for threads", () => {
    expect(alertPlace({ signal: "return_lost" }, ALGORITHM, "overview")).toEqual({ kind: "large" });
    expect(alertPlace({ signal: "silence_s" }, ALGORITHM, "overview")).toEqual({ kind: "workers" });
  });

  it("is none where the mode does not measure it", () => {
    expect(alertPlace({ signal: "queue_fill" }, ALGORITHM, "overview")).toBeNull();
  });
});
