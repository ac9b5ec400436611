import { describe, expect, it } from "vitest";
import type { Run } from "../../api/types";
import { differences, gather, nameStem } from "./gathering";

interface Parts {
  readonly id: string;
  readonly name?: string;
  readonly group?: string | null;
  readonly seed?: number;
  readonly spec?: Record<string, unknown>;
}

function runOf({ id, name = "try", group = null, seed = 1, spec = {} }: Parts): Run {
  return {
    id,
    name,
    group,
    seed,
    spec: {
      algorithm: "a3c",
      environment: { id: "CartPole-v1", kwargs: {}, normalize_observations: false },
      network: { hidden: [64] },
      workers: 2,
      hyperparameters: { learning_rate: 0.01 },
      budget: { env_steps: 1000 },
      seed,
      name,
      ...spec,
    },
  } as unknown as Run;
}

const labels = (runs: readonly Run[], by: Parameters<typeof gather>[1]) =>
  gather(runs, by).map(({ label, runs: each }) => [label, each.map(({ id }) => id).join("")]);

describe("curves of a comparison", () => {
  it("hold runs that differ in nothing but seed, name, group and budget", () => {
    const runs = [
      runOf({ id: "a", seed: 1, name: "first, seed 1", group: "one" }),
      runOf({ id: "b", seed: 2, name: "other", spec: { budget: { env_steps: 5 } } }),
      runOf({ id: "c", seed: 1, spec: { algorithm: "ppo" } }),
      runOf({ id: "d", seed: 2, spec: { algorithm: "ppo" } }),
    ];
    expect(labels(runs, "setting")).toEqual([
      ["a3c", "ab"],
      ["ppo", "cd"],
    ]);
  });

  it("do not depend on the order in which a spec was written", () => {
    const one = runOf({ id: "a", spec: { hyperparameters: { gamma: 0.9, learning_rate: 0.1 } } });
    const other = runOf({ id: "b", spec: { hyperparameters: { learning_rate: 0.1, gamma: 0.9 } } });
    expect(gather([one, other], "setting")).toHaveLength(1);
  });

  it("are called by what tells them apart, and by no more", () => {
    const slow = { hyperparameters: { learning_rate: 0.001 } };
    expect(
      labels(
        [runOf({ id: "a", group: "x" }), runOf({ id: "b", group: "x", spec: slow })],
        "setting",
      ),
    ).toEqual([
      ["learning rate 0.01", "a"],
      ["learning rate 0.001", "b"],
    ]);
    expect(
      labels(
        [runOf({ id: "a", group: "fast" }), runOf({ id: "b", group: "slow", spec: slow })],
        "setting",
      ),
    ).toEqual([
      ["fast", "a"],
      ["slow", "b"],
    ]);
    expect(labels([runOf({ id: "a", name: "cartpole, seed 3" })], "setting")).toEqual([
      ["cartpole", "a"],
    ]);
  });

  it("are never called the same", () => {
    const runs = ["a", "b", "c"].map((id) => runOf({ id }));
    expect(new Set(gather(runs, "run").map(({ label }) => label)).size).toBe(3);
    expect(new Set(gather(runs, "group").map(({ label }) => label)).size).toBe(3);
  });

  it("can be gathered by group or algorithm, and say what they mix", () => {
    const runs = [
      runOf({ id: "a", group: "g" }),
      runOf({ id: "b", group: "g", seed: 2, spec: { workers: 4, algorithm: "ppo" } }),
    ];
    expect(labels(runs, "group")).toEqual([["g", "ab"]]);
    expect(labels(runs, "algorithm")).toEqual([
      ["a3c", "a"],
      ["ppo", "b"],
    ]);
    expect(differences(runs)).toEqual(["algorithm", "workers"]);
    expect(differences(runs.slice(0, 1))).toEqual([]);
  });

  it("know a name without its seed", () => {
    expect(nameStem("cartpole-a3c, seed 12")).toBe("cartpole-a3c");
    expect(nameStem("seedling 3")).toBe("seedling 3");
  });
});
