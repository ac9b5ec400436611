import { expect, it } from "vitest";
import type { HyperparameterChange } from "../api/types";
import { describeChanges } from "./changes";

const change = (part: Partial<HyperparameterChange>): HyperparameterChange => ({
  before: 1,
  after: 2,
  applies: true,
  live_class: "live",
  ...part,
});

it("says what changed, and what that took", () => {
  const changes = {
    learning_rate: change({ before: 0.01, after: 0.001, live_class: "live_with_warning" }),
    algorithm: change({ before: "a3c", after: "ppo", live_class: "warm_restart" }),
    queue_capacity: change({ applies: false }),
  };
  expect(describeChanges(changes, new Map([["learning_rate", "learning rate"]]))).toBe(
    "learning rate 0.01 → 1e-3; algorithm a3c → ppo (restart, weights kept); " +
      "queue_capacity 1 → 2 (no effect in this mode)",
  );
});

it("says that nothing had to change", () => {
  expect(describeChanges({}, new Map())).toMatch(/^nothing to change/);
});
