import { describe, expect, it } from "vitest";
import { ApiProblem } from "../../api/problem";
import type { Checkpoint, Progress, Run } from "../../api/types";
import { errorsOf, forkRequest, limitsAt } from "./forking";

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
    expect(limitsAt(run, progress, null).map(({ name }) => name)).toEqual([
      "env_steps",
      "target_return",
    ]);
    expect(limitsAt(run, progress, checkpoint)).toEqual([]);
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
