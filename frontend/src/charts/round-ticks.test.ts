import { describe, expect, it } from "vitest";
import { roundTicks } from "./round-ticks";

describe("round ticks", () => {
  it("are round, inside the axis and not too many", () => {
    expect(roundTicks(0, 500, 5)).toEqual([0, 100, 200, 300, 400, 500]);
    expect(roundTicks(-0.35, 0.35, 4)).toEqual([-0.2, 0, 0.2]);
    expect(roundTicks(3, 3, 4)).toEqual([]);
    for (const [min, max] of [
      [0.001, 0.0042],
      [-7, 1_234_567],
      [37, 41],
    ] as const) {
      const ticks = roundTicks(min, max, 6);
      expect(ticks.length).toBeGreaterThan(1);
      expect(ticks.length).toBeLessThanOrEqual(7);
      for (const tick of ticks) expect(tick >= min && tick <= max).toBe(true);
    }
  });
});
