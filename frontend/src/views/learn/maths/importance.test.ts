import { describe, expect, it } from "vitest";
import { behaviour, clippedSurrogate, importanceRatio, ratioBound } from "./importance";

describe("random actions", () => {
  it("leave probabilities that sum to one", () => {
    const mixed = [0.7, 0.2, 0.1].map((p) => behaviour(p, 0.3, 3));
    expect(mixed.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    expect(mixed[0]).toBeCloseTo(0.7 * 0.7 + 0.1, 12);
  });

  it.each([0.15, 0.4, 0.9])("at a rate of %f keep ρ within its bound", (epsilon) => {
    const ratios = Array.from({ length: 1001 }, (_, i) => importanceRatio(i / 1000, epsilon, 2));
    expect(Math.max(...ratios)).toBeLessThan(ratioBound(epsilon));
    // The closer, the more actions there are: the bound is of no particular number of them.
    expect(importanceRatio(1, epsilon, 1e9)).toBeCloseTo(ratioBound(epsilon), 6);
  });

  it("weighted by ρ have the policy's own mean", () => {
    const policy = [0.6, 0.3, 0.1];
    const worth = [5, -2, 11];
    const weighted = policy.reduce(
      (sum, p, a) => sum + behaviour(p, 0.4, 3) * importanceRatio(p, 0.4, 3) * (worth[a] ?? 0),
      0,
    );
    expect(weighted).toBeCloseTo(0.6 * 5 - 0.3 * 2 + 0.1 * 11, 12);
  });

  it("that do not exist leave ρ at 1", () => {
    expect(importanceRatio(0.3, 0, 2)).toBe(1);
    expect(importanceRatio(0, 0, 2)).toBe(1);
  });
});

describe("PPO's clip", () => {
  it.each([
    [1.5, 1, 1.2],
    [0.5, 1, 0.5],
    [0.5, -1, -0.8],
    [1.5, -1, -1.5],
    [1, 1, 1],
  ])("at r = %f and A = %f is worth %f", (ratio, advantage, expected) => {
    expect(clippedSurrogate(ratio, advantage, 0.2)).toBeCloseTo(expected, 12);
  });

  it("is never above the unclipped term", () => {
    for (let ratio = 0; ratio < 3; ratio += 0.1) {
      for (const advantage of [-2, -0.5, 0.5, 2]) {
        expect(clippedSurrogate(ratio, advantage, 0.2)).toBeLessThanOrEqual(ratio * advantage);
      }
    }
  });
});
