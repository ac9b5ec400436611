import { expect, test } from "vitest";
import { UNIT_SPACE } from "../../format/numbers";
import { effort, type Measurement, verdict } from "./measurement-text";

const MEASURED: Measurement = {
  threshold: 475,
  seeds: [101, 102, 103, 104, 105],
  solved: 4,
  env_steps_median: 291_043,
  env_steps_min: 225_877,
  env_steps_max: 370_466,
  seconds_median: 12.4,
  seconds_min: 10,
  seconds_max: 15,
  evaluation_episodes: 100,
  evaluation_median: 500,
  evaluation_min: 500,
  evaluation_max: 500,
  machine: "a machine",
  versions: "versions",
  measured_on: "2026-11-24",
  spec_digest: "0123",
  curve: [
    [1000, 20],
    [2000, 487.25],
  ],
};

const TAKEN = `291${UNIT_SPACE}k steps, 12${UNIT_SPACE}s`;

test("says with how many seeds the threshold was reached, and what that took", () => {
  expect(verdict(MEASURED)).toBe("reached 475 with 4 of 5 seeds");
  expect(effort(MEASURED, "auto")).toBe(`median ${TAKEN}`);
});

test("says that no seed reached the threshold, and how long all tried", () => {
  const failed = { ...MEASURED, solved: 0 };

  expect(verdict(failed)).toBe("not yet at 475 with any of 5 seeds");
  expect(effort(failed, "auto")).toBe(`in ${TAKEN}`);
});

test("says where a preset ended that has no threshold", () => {
  const watched = { ...MEASURED, threshold: null, solved: 0 };

  expect(verdict(watched)).toBe("ended at 487 (median of 5 seeds)");
  expect(effort(watched, "auto")).toBe(`in ${TAKEN}`);
  expect(verdict({ ...watched, curve: [] })).toBe("ended (median of 5 seeds)");
});
