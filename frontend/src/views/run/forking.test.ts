import { describe, expect, it } from "vitest";
import { ApiProblem } from "../../api/problem";
import type { Checkpoint, HyperparameterDefinition, Progress, Run } from "../../api/types";
import { differences, errorsOf, forkRequest, limitsAt } from "./forking";

const checkpoint = { id: "c", env_step: 900, seconds: 3 } as Checkpoint;

describe("a fork", () => {
  it("asks for nothing that was not said", () => {
    const draft = { checkpoint: null, name: " ", changed: {}, budget: {} };
    expect(forkRequest(draft)).toEqual({});
  });

  it("asks for what was said", () => {
    expect(
      forkRequest({
        checkpoint,
        name: " calmer ",
        changed: { learning_rate: 1e-4 },
        budget: { env_steps: 2_000 },
      }),
    ).toEqual({
      checkpoint_id: "c",
      name: "calmer",
      hyperparameters: { learning_rate: 1e-4 },
      budget: { env_steps: 2_000 },
    });
  });

  it("needs a larger budget only where it is used up at the checkpoint", () => {
    const run = {
      budget: { env_steps: 1_000, seconds: null, target_return: 475 },
    } as Run;
    const progress = {
      env_steps: 1_000,
      seconds: 4,
      solved_at: { env_steps: 950, seconds: 3.5 },
    } as Progress;
    expect(limitsAt(run, progress, null, "auto").map(({ name }) => name)).toEqual([
      "env_steps",
      "target_return",
    ]);
    expect(limitsAt(run, progress, checkpoint, "auto")).toEqual([]);
  });
});

describe("what was something else at a checkpoint", () => {
  const definitions = [
    { name: "learning_rate", label: "learning rate", default: 1e-3 },
    { name: "gamma", label: "γ", default: 0.99 },
    { name: "workers", label: "workers", default: 1 },
  ] as HyperparameterDefinition[];
  const ramp = {
    schedule: "linear",
    from: 1,
    to: 0,
    from_env_step: null,
    until_env_step: 9,
  } as const;

  it("is told with both values, in the order of the catalogue", () => {
    const then = { workers: 2, learning_rate: 1e-3, gamma: 0.9, of_another_mode: 1 };
    const now = { workers: 4, learning_rate: 0.3, gamma: 0.9, of_another_mode: 2 };
    expect(differences(definitions, then, now)).toEqual([
      { name: "learning_rate", label: "learning rate", was: 1e-3, now: 0.3 },
      { name: "workers", label: "workers", was: 2, now: 4 },
    ]);
  });

  it("is not what only looks different", () => {
    const then = { learning_rate: ramp, gamma: 0.99 };
    expect(differences(definitions, then, { learning_rate: { ...ramp } })).toEqual([]);
    expect(differences(definitions, then, {})).toHaveLength(1);
  });
});

it("shows each complaint at its field, and others by themselves", () => {
  const fields = [{ loc: ["body", "hyperparameters", "learning_rate"], message: "too large" }];
  const refusal = new ApiProblem("no", { status: 422, code: "invalid", fields });
  expect(errorsOf(refusal)).toEqual(new Map([["learning_rate", "too large"]]));
  expect(errorsOf(new ApiProblem("full", { status: 409, code: "x" }))).toEqual(
    new Map([["", "full"]]),
  );
  expect(errorsOf(null).size).toBe(0);
});
