import { describe, expect, it } from "vitest";
import type { Preset } from "../../api/types";
import { draftDocument, draftDocuments, fieldErrors, openRunDraft, readSeeds } from "./run-draft";

const preset = {
  name: "cartpole-lesson",
  spec: {
    environment: { id: "CartPole-v1", kwargs: {} },
    network: { hidden: [64], activation: "tanh", shared_trunk: true },
    workers: 2,
    envs_per_worker: 32,
    hyperparameters: { learning_rate: 0.01 },
    budget: { env_steps: null, seconds: 300, target_return: null },
  },
} as unknown as Preset;

const untouched = openRunDraft(preset);
const withFields = (fields: Partial<typeof untouched.fields>) => ({
  ...untouched,
  fields: { ...untouched.fields, ...fields },
});

describe("the new-run form", () => {
  it("sends nothing but the preset while nothing was changed", () => {
    expect(draftDocument(untouched, preset)).toEqual({ preset: "cartpole-lesson" });
  });

  it("sends what differs, and only that", () => {
    const draft = {
      ...withFields({ workers: "4", hidden: "32 x 32", budgetSeconds: "", budgetEnvSteps: "1e6" }),
      settings: { gamma: 0.9 },
    };
    expect(draftDocument(draft, preset)).toEqual({
      preset: "cartpole-lesson",
      workers: 4,
      network: { hidden: [32, 32] },
      hyperparameters: { gamma: 0.9 },
      budget: { env_steps: 1_000_000, seconds: null },
    });
  });

  it("leaves it to the server to refuse what is no number", () => {
    expect(draftDocument(withFields({ workers: "many" }), preset).workers).toBe("many");
  });

  it("makes one run for each seed, in a group", () => {
    const documents = draftDocuments(withFields({ name: "mine", seeds: "1, 3" }), preset);
    expect(documents).toEqual([
      { preset: "cartpole-lesson", name: "mine, seed 1", group: "mine", seed: 1 },
      { preset: "cartpole-lesson", name: "mine, seed 3", group: "mine", seed: 3 },
    ]);
  });
});

describe("seeds", () => {
  it.each([
    ["", []],
    ["7", [7]],
    ["1, 2;3", [1, 2, 3]],
    ["1-3 9", [1, 2, 3, 9]],
    ["3-1", ["3-1"]],
    ["x", ["x"]],
  ])("reads %j", (text, seeds) => {
    expect(readSeeds(text)).toEqual(seeds);
  });

  it("never makes thousands of runs by a slip", () => {
    expect(readSeeds("1-1000000")).toEqual(["1-1000000"]);
  });
});

it("finds the field that an error belongs to", () => {
  const { byField, rest } = fieldErrors([
    { loc: ["hyperparameters", "learning_rate"], message: "too low" },
    { loc: ["environment", "id"], message: "unknown" },
    { loc: ["network", "hidden", 0], message: "too large" },
    { loc: ["body", "budget", "seconds"], message: "must be positive" },
    { loc: [], message: "rollout too large" },
    { loc: ["processes"], message: "only 1" },
  ]);
  expect(Object.fromEntries(byField)).toEqual({
    "hyperparameters.learning_rate": "too low",
    environment: "unknown",
    hidden: "too large",
    budgetSeconds: "must be positive",
  });
  expect(rest).toEqual(["rollout too large", "processes: only 1"]);
});
