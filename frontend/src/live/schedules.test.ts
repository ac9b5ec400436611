import { describe, expect, it } from "vitest";
import type { Schedule } from "../api/types";
import { sameSetting, settingValue } from "./schedules";

function ramp(schedule: "linear" | "cosine" | "exponential"): Schedule {
  return { schedule, from: 0.01, to: 0.0001, from_env_step: 1000, until_env_step: 3000 };
}

describe("a schedule's value", () => {
  it.each(["linear", "cosine", "exponential"] as const)(
    "is constant before and after a %s ramp",
    (kind) => {
      expect(settingValue(ramp(kind), 0, 0)).toBeCloseTo(0.01, 12);
      expect(settingValue(ramp(kind), 3000, 0)).toBeCloseTo(0.0001, 12);
      expect(settingValue(ramp(kind), 9999, 0)).toBeCloseTo(0.0001, 12);
    },
  );

  it("is half-way in its own sense in the middle", () => {
    expect(settingValue(ramp("linear"), 2000, 0)).toBeCloseTo(0.00505, 12);
    expect(settingValue(ramp("cosine"), 2000, 0)).toBeCloseTo(0.00505, 12);
    expect(settingValue(ramp("exponential"), 2000, 0)).toBeCloseTo(0.001, 12);
  });

  it("begins where it was applied if no beginning was given", () => {
    const schedule: Schedule = {
      schedule: "linear",
      from: 1,
      to: 0,
      from_env_step: null,
      until_env_step: 300,
    };
    expect(settingValue(schedule, 200, 100)).toBeCloseTo(0.5, 12);
  });

  it("holds each piece until the next", () => {
    const schedule: Schedule = {
      schedule: "piecewise",
      points: [
        { env_step: 100, value: 3 },
        { env_step: 200, value: 1 },
      ],
    };
    expect([0, 100, 199, 200, 999].map((step) => settingValue(schedule, step, 0))).toEqual([
      3, 3, 3, 1, 1,
    ]);
  });

  it("is the constant itself for a plain setting", () => {
    expect(settingValue("adam", 5, 0)).toBe("adam");
  });
});

describe("comparing settings", () => {
  it("compares every number of a ramp", () => {
    expect(sameSetting(ramp("linear"), ramp("linear"))).toBe(true);
    expect(sameSetting(ramp("linear"), ramp("cosine"))).toBe(false);
    expect(sameSetting(ramp("linear"), 1)).toBe(false);
    expect(sameSetting(0.5, 0.5)).toBe(true);
  });

  it("compares every point of a piecewise schedule", () => {
    const steps = (env_step: number): Schedule => ({
      schedule: "piecewise",
      points: [{ env_step, value: 1 }],
    });
    expect(sameSetting(steps(0), steps(0))).toBe(true);
    expect(sameSetting(steps(0), steps(1))).toBe(false);
  });
});
