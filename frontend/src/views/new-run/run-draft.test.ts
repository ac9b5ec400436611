import { describe, expect, it } from "vitest";
import type { AlertRule, EnvironmentDescription, Preset } from "../../api/types";
import {
  type DraftContext,
  draftDocument,
  draftDocuments,
  fieldErrors,
  openRunDraft,
  readSeeds,
  startingSetting,
  startingThreshold,
  watchedRules,
} from "./run-draft";

const preset = {
  name: "cartpole-lesson",
  spec: {
    algorithm: "a3c",
    environment: { id: "CartPole-v1", kwargs: { sutton: true }, normalize_observations: false },
    network: {
      hidden: [64],
      activation: "tanh",
      shared_trunk: true,
      convolution: "auto",
      lstm: null,
      log_std_init: 0,
    },
    workers: 2,
    envs_per_worker: 32,
    processes: 2,
    lockstep: false,
    hyperparameters: { learning_rate: 0.01 },
    budget: { env_steps: null, seconds: 300, target_return: null },
    evaluation: { every_env_steps: null, episodes: 5, policy: "both" },
    alerts: { slow: 0.3 },
  },
} as unknown as Preset;

const rows = ["learning_rate", "gamma"].map((name) => ({
  name,
  default: 0.5,
  environments: {},
}));
const a3c = {
  name: "a3c",
  lockstep: true,
  processes: true,
  recurrent: true,
  hyperparameters: rows,
} as unknown as DraftContext["algorithm"];
const ppo = {
  name: "ppo",
  lockstep: false,
  processes: false,
  recurrent: false,
  hyperparameters: [...rows, { name: "clip_range", default: 0.2, environments: {} }],
} as unknown as DraftContext["algorithm"];
const alertRules = [
  { name: "slow", threshold: 0.5, minimum: 0, maximum: 1, algorithms: ["a3c", "ppo"] },
  { name: "solved", threshold: 0.5, minimum: 0.5, maximum: 0.5, algorithms: ["a3c"] },
  { name: "queue_full", threshold: 0.9, minimum: 0, maximum: 1, algorithms: ["ga3c"] },
] as unknown as AlertRule[];
const context: DraftContext = { preset, algorithm: a3c, environment: undefined, alertRules };

const gravity = {
  name: "gravity",
  environments: { "Pendulum-v1": { default: 10, arguments: ["g"] } },
};

const untouched = openRunDraft(preset);
const withFields = (fields: Partial<typeof untouched.fields>) => ({
  ...untouched,
  fields: { ...untouched.fields, ...fields },
});

describe("the new-run form", () => {
  it("sends nothing but the preset while nothing was changed", () => {
    expect(draftDocument(untouched, context)).toEqual({ preset: "cartpole-lesson" });
  });

  it("sends how often to play test episodes, and names the field of a complaint", () => {
    const draft = withFields({ evaluateEvery: "50000", evaluationEpisodes: "10" });
    expect(draftDocument(draft, context)).toEqual({
      preset: "cartpole-lesson",
      evaluation: { every_env_steps: 50000, episodes: 10 },
    });
    const { byField } = fieldErrors([
      { loc: ["body", "evaluation", "every_env_steps"], message: "too small" },
    ]);
    expect(byField.get("evaluateEvery")).toBe("too small");
  });

  it("sends what differs, and only that", () => {
    const draft = {
      ...withFields({ workers: "4", hidden: "32 x 32", budgetSeconds: "", budgetEnvSteps: "1e6" }),
      settings: { gamma: 0.9 },
    };
    expect(draftDocument(draft, context)).toEqual({
      preset: "cartpole-lesson",
      workers: 4,
      network: { hidden: [32, 32] },
      hyperparameters: { gamma: 0.9 },
      budget: { env_steps: 1_000_000, seconds: null },
    });
  });

  it("leaves it to the server to refuse what is no number", () => {
    expect(draftDocument(withFields({ workers: "many" }), context).workers).toBe("many");
  });

  it("makes one run for each seed, in a group", () => {
    const documents = draftDocuments(withFields({ name: "mine", seeds: "1, 3" }), context);
    expect(documents).toEqual([
      { preset: "cartpole-lesson", name: "mine, seed 1", group: "mine", seed: 1 },
      { preset: "cartpole-lesson", name: "mine, seed 3", group: "mine", seed: 3 },
    ]);
  });
});

it("sends thresholds only of what is watched in the mode, and begins with the preset's", () => {
  const draft = { ...untouched, thresholds: { slow: 0.2, queue_full: 0.5 } };
  expect(draftDocument(draft, context)).toMatchObject({ alerts: { slow: 0.2 } });
  expect(alertRules.map((rule) => startingThreshold(rule, context))).toEqual([0.3, 0.5, 0.9]);
});

it("does not call several runs after a preset that was made for another task", () => {
  const draft = withFields({ environment: "Acrobot-v1", seeds: "1, 2" });
  const [first] = draftDocuments(draft, context);
  expect(first).toMatchObject({ name: "Acrobot-v1 a3c, seed 1", group: "Acrobot-v1 a3c" });
});

describe("another mode than the preset's", () => {
  const other = { ...context, algorithm: ppo };

  it("drops the settings that were tuned for the preset's mode", () => {
    const draft = {
      ...withFields({ algorithm: "ppo", lstm: "64", lockstep: true }),
      settings: { clip_range: 0.1, correction: "vtrace" },
    };
    expect(draftDocument(draft, other)).toEqual({
      preset: "cartpole-lesson",
      algorithm: "ppo",
      processes: 1,
      hyperparameters: { learning_rate: null, clip_range: 0.1 },
    });
  });

  it("begins with its own defaults", () => {
    const learningRate = { name: "learning_rate", default: 3e-4, default_continuous: null };
    expect(startingSetting(learningRate, context)).toBe(0.01);
    expect(startingSetting(learningRate, other)).toBe(3e-4);
  });

  it("begins with the default of actions that are numbers, where there is one", () => {
    const entropy = { name: "entropy_coefficient", default: 0.01, default_continuous: 1e-4 };
    const pendulum = { id: "Pendulum-v1", action: { kind: "Box" } } as EnvironmentDescription;
    expect(startingSetting(entropy, other)).toBe(0.01);
    expect(startingSetting(entropy, { ...other, environment: pendulum })).toBe(1e-4);
  });
});

it("sends no parameter of another environment", () => {
  const withGravity = { ...a3c, hyperparameters: [...a3c.hyperparameters, gravity] };
  const draft = { ...untouched, settings: { gravity: 20, gamma: 0.9 } };
  const sent = (id: string) =>
    draftDocument(draft, {
      ...context,
      algorithm: withGravity as unknown as DraftContext["algorithm"],
      environment: { id } as EnvironmentDescription,
    }).hyperparameters;
  expect(sent("CartPole-v1")).toEqual({ gamma: 0.9 });
  expect(sent("Pendulum-v1")).toEqual({ gravity: 20, gamma: 0.9 });
});

it("does not take the preset's arguments into another environment", () => {
  const pong = {
    id: "ALE/Pong-v5",
    seen_as: "image",
  } as EnvironmentDescription;
  const draft = withFields({
    environment: pong.id,
    normalizeObservations: true,
    convolution: "a3c",
  });
  expect(draftDocument(draft, { ...context, environment: pong })).toEqual({
    preset: "cartpole-lesson",
    environment: { id: "ALE/Pong-v5", kwargs: {}, normalize_observations: true },
    network: { convolution: "a3c" },
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
    { loc: ["alerts", "slow"], message: "too high" },
    { loc: ["environment", "id"], message: "unknown" },
    { loc: ["network", "hidden", 0], message: "too large" },
    { loc: ["body", "budget", "seconds"], message: "must be positive" },
    { loc: [], message: "rollout too large" },
    { loc: ["processes"], message: "only 1" },
    { loc: ["environment", "normalize_observations"], message: "not images" },
    { loc: ["checkpoint", "keep_last"], message: "too many" },
  ]);
  expect(Object.fromEntries(byField)).toEqual({
    "hyperparameters.learning_rate": "too low",
    "alerts.slow": "too high",
    environment: "unknown",
    hidden: "too large",
    budgetSeconds: "must be positive",
    processes: "only 1",
    normalizeObservations: "not images",
  });
  expect(rest).toEqual(["rollout too large", "checkpoint.keep_last: too many"]);
});

it("asks for thresholds where there is one to choose", () => {
  expect(watchedRules(context).map(({ name }) => name)).toEqual(["slow"]);
});
