import { describe, expect, it } from "vitest";
import type { Preset, Run } from "../../api/types";
import { moreSeedsDocuments, raceDocuments, raceName, raceTasks } from "./race";

function presetOf(
  name: string,
  algorithm: string,
  target: number | null,
  environment = "CartPole-v1",
) {
  return {
    name,
    spec: { algorithm, environment: { id: environment }, budget: { target_return: target } },
  } as unknown as Preset;
}

const presets = [
  presetOf("slow", "a3c", null),
  presetOf("ppo", "ppo", 475),
  presetOf("fast", "a3c", 475),
  presetOf("notebook", "a3c", 475),
  presetOf("old", "ga3c", 195, "CartPole-v0"),
  presetOf("acrobot", "a2c", -100, "Acrobot-v1"),
];

describe("a race", () => {
  it("is run between modes that go for one target, each with its first preset", () => {
    const tasks = raceTasks(presets);
    expect(tasks).toHaveLength(1);
    expect(tasks[0]?.environment).toBe("CartPole-v1");
    expect(tasks[0]?.entries.map(({ name }) => name)).toEqual(["fast", "ppo"]);
  });

  it("takes the first seed of every mode before the second, one group, none started", () => {
    const [task] = raceTasks(presets);
    const documents = raceDocuments(task?.entries ?? [], { group: "r", seeds: 2, envSteps: 500 });
    expect(documents.map(({ name }) => name)).toEqual([
      "a3c, seed 1",
      "ppo, seed 1",
      "a3c, seed 2",
      "ppo, seed 2",
    ]);
    expect(documents[0]).toEqual({
      preset: "fast",
      name: "a3c, seed 1",
      group: "r",
      seed: 1,
      start: false,
      budget: { env_steps: 500 },
    });
    const whole = raceDocuments(task?.entries ?? [], { group: "r", seeds: 1, envSteps: null });
    expect(whole[0]).not.toHaveProperty("budget");
  });

  it("has a name that sorts by time", () => {
    expect(raceName("CartPole-v1", new Date(2026, 0, 2, 3, 4, 5))).toBe(
      "race CartPole-v1 2026-01-02 03:04:05",
    );
  });
});

describe("more seeds", () => {
  it("repeat the whole spec with seeds that are new, in the group that is asked for", () => {
    const run = {
      name: "lesson, seed 4",
      seed: 4,
      budget: { env_steps: 9 },
      spec: { preset: "p", name: "lesson, seed 4", seed: 4, workers: 3, budget: { env_steps: 5 } },
    } as unknown as Run;
    const older = { ...run, seed: 7 } as Run;
    expect(moreSeedsDocuments([older, run], { group: "g", seeds: 2 })).toEqual([
      {
        workers: 3,
        budget: { env_steps: 9 },
        name: "lesson, seed 8",
        group: "g",
        seed: 8,
        start: false,
      },
      {
        workers: 3,
        budget: { env_steps: 9 },
        name: "lesson, seed 9",
        group: "g",
        seed: 9,
        start: false,
      },
    ]);
    expect(moreSeedsDocuments([], { group: "g", seeds: 2 })).toEqual([]);
  });
});
