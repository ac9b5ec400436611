import { describe, expect, it } from "vitest";
import { withMargin } from "./extent";

describe("the range of a y axis", () => {
  it("leaves a little room around its values", () => {
    expect(withMargin(0, 10, 0.1)).toEqual([-1, 11]);
  });

  it.each([
    [0.01, 0.01],
    // What an average makes of a constant learning rate.
    [0.01, 0.01 + 2e-18],
  ])("shows a constant as one (%d to %d)", (min, max) => {
    const [low, high] = withMargin(min, max, 0.1);
    expect(low).toBeCloseTo(0.005, 9);
    expect(high).toBeCloseTo(0.015, 9);
  });

  it("has a range for zero, too", () => {
    expect(withMargin(0, 0, 0.1)).toEqual([-0.5, 0.5]);
  });
});
