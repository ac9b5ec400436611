import { describe, expect, it } from "vitest";
import type { Run } from "../../api/types";
import { groupRuns, latestOnly, rangeBetween } from "./run-grouping";
import { readRunsSearch } from "./runs-search";

function runOf(id: string, parts: Partial<Run> = {}): Run {
  return {
    id,
    name: "try",
    group: null,
    tags: [],
    seed: 1,
    state: "finished",
    algorithm: "a3c",
    environment: { id: "CartPole-v1" },
    ...parts,
  } as unknown as Run;
}

const ids = (runs: readonly Run[]) => runs.map(({ id }) => id).join("");
const titles = (runs: readonly Run[], by: Parameters<typeof groupRuns>[1]) =>
  groupRuns(runs, by).map(({ title, runs: each }) => `${title}: ${ids(each)}`);

describe("the list of runs", () => {
  const runs = [
    runOf("a", { group: "g", tags: ["x", "y"], state: "running" }),
    runOf("b", { algorithm: "ppo" }),
    runOf("c", { group: "g", tags: ["y"] }),
  ];

  it("is grouped by any field, each run in every group that it belongs to", () => {
    expect(titles(runs, "group")).toEqual(["g: ac", "no group: b"]);
    expect(titles(runs, "algorithm")).toEqual(["a3c: ac", "ppo: b"]);
    expect(titles(runs, "tag")).toEqual(["x: a", "y: ac", "no tag: b"]);
    expect(titles(runs, "state")).toEqual(["running: a", "finished: bc"]);
    expect(titles(runs, "environment")).toEqual(["CartPole-v1: abc"]);
    expect(titles(runs, null)).toEqual([": abc"]);
    expect(groupRuns([], null)).toEqual([]);
  });

  it("shows only the newest try, but every seed of a group", () => {
    const tries = [
      runOf("new", { name: "lesson" }),
      runOf("old", { name: "lesson" }),
      runOf("s2", { name: "g, seed 2", group: "g", seed: 2 }),
      runOf("s1", { name: "g, seed 1", group: "g", seed: 1 }),
      runOf("s1-old", { name: "g, seed 1", group: "g", seed: 1 }),
    ];
    expect(latestOnly(tries).map(({ id }) => id)).toEqual(["new", "s2", "s1"]);
  });

  it("knows what lies between two clicks, in either direction", () => {
    expect(rangeBetween(runs, "c", "a")).toEqual(["a", "b", "c"]);
    expect(rangeBetween(runs, "b", "c")).toEqual(["b", "c"]);
    expect(rangeBetween(runs, "gone", "b")).toEqual(["b"]);
  });

  it("has an address that keeps only what makes sense", () => {
    expect(readRunsSearch({ q: 3, by: "tag", state: "active", latest: true })).toEqual({
      q: "3",
      by: "tag",
      state: "active",
      latest: true,
    });
    expect(readRunsSearch({ q: "", by: "mood", state: "all", latest: false })).toEqual({});
  });
});
