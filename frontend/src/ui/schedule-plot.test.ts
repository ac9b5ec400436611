import { describe, expect, it } from "vitest";
import type { Schedule } from "../api/types";
import { plotSchedule } from "./schedule-plot";

const linear: Schedule = {
  schedule: "linear",
  from: 1,
  to: 0,
  from_env_step: null,
  until_env_step: 2_000,
};

describe("the drawing of a schedule", () => {
  it("begins where the run is, and goes on after the end", () => {
    const plotted = plotSchedule(linear, 1_000);
    expect(plotted).toMatchObject({ begin: 1_000, low: 0, high: 1 });
    expect(plotted?.end).toBeGreaterThan(2_000);
    expect(plotted?.points[0]).toEqual([1_000, 1]);
    expect(plotted?.points.at(-1)?.[1]).toBe(0);
  });

  it("draws steps upright", () => {
    const steps: Schedule = {
      schedule: "piecewise",
      points: [
        { env_step: 0, value: 2 },
        { env_step: 100, value: 1 },
      ],
    };
    const values = plotSchedule(steps, 0)?.points ?? [];
    const before = values.findLast(([, value]) => value === 2);
    const after = values.find(([, value]) => value === 1);
    expect(after?.[0]).toBe(100);
    expect((after?.[0] ?? 0) - (before?.[0] ?? 0)).toBeLessThan(0.001);
  });

  it("is nothing where there is nothing to draw", () => {
    expect(plotSchedule(linear, 5_000)).toBeNull();
    expect(plotSchedule({ ...linear, schedule: "exponential", from: 0, to: 1 }, 0)).toBeNull();
  });
});
