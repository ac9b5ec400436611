import { describe, expect, it } from "vitest";
import { placer, roundTicks } from "./plot-scale";

describe("a place", () => {
  it("maps the ends onto the ends, upside down if asked", () => {
    const place = placer([10, 20], [200, 0]);
    expect([place(10), place(15), place(20)]).toEqual([200, 100, 0]);
  });
});

describe("ticks", () => {
  it.each([
    [0, 100, [0, 20, 40, 60, 80, 100]],
    [-59, 1, [-40, -20, 0]],
    [0.2, 1.7, [0.5, 1, 1.5]],
    [5, 5, [5]],
  ])("from %f to %f are round", (low, high, expected) => {
    const ticks = roundTicks(low, high);
    expect(ticks).toHaveLength(expected.length);
    ticks.forEach((tick, i) => {
      expect(tick).toBeCloseTo(expected[i] ?? Number.NaN, 9);
    });
  });
});
