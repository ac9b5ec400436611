import { describe, expect, it } from "vitest";
import type { Run } from "../api/types";
import { newsBetween } from "./run-news";

function run(parts: Partial<Run>): Run {
  return {
    id: "01",
    name: "first try",
    state: "running",
    alerts: [],
    reason: null,
    progress: { mean_return_100: null },
    ...parts,
  } as unknown as Run;
}

const DIVERGED = { name: "value_explosion", severity: "critical" } as Run["alerts"][number];
const SLOW = { name: "slow", severity: "warning" } as Run["alerts"][number];

describe("news of runs", () => {
  it("are an end, with why and with what was reached", () => {
    const ended = run({
      state: "finished",
      reason: "all 20,000 env steps are done\nmore",
      progress: { mean_return_100: 431.25 } as Run["progress"],
    });
    expect(newsBetween([run({})], [ended])).toEqual([
      {
        kind: "end",
        runId: "01",
        title: "first try: finished",
        text: "all 20,000 env steps are done; mean return 431.3",
      },
    ]);
  });

  it("are a critical alert, once, and no other", () => {
    const [first] = newsBetween([run({})], [run({ alerts: [SLOW, DIVERGED] })]);
    expect(first).toMatchObject({ kind: "alert", title: "first try: value explosion" });
    expect(newsBetween([run({ alerts: [DIVERGED] })], [run({ alerts: [DIVERGED] })])).toEqual([]);
    expect(newsBetween([run({})], [run({ alerts: [SLOW] })])).toEqual([]);
  });

  it("are not what was over before somebody looked, nor a run that is new", () => {
    expect(newsBetween([run({ state: "failed" })], [run({ state: "failed" })])).toEqual([]);
    expect(newsBetween([], [run({ state: "finished" })])).toEqual([]);
    expect(newsBetween([run({})], [run({ state: "paused" })])).toEqual([]);
  });
});
