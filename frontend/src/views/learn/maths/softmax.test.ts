import { describe, expect, it } from "vitest";
import { entropy, entropyShare, score, softmax, stepped } from "./softmax";

const LOGITS = [0.3, -1.2, 2];
const TINY = 1e-6;

/** Slope of a function of the logits, by the difference on both sides of each. */
function slope(of: (logits: number[]) => number): number[] {
  return LOGITS.map((_, j) => {
    const moved = (by: number) => LOGITS.map((z, k) => (k === j ? z + by : z));
    return (of(moved(TINY)) - of(moved(-TINY))) / (2 * TINY);
  });
}

describe("softmax", () => {
  it("sums to one and keeps the ratios exp(z_i - z_j)", () => {
    const [a = 0, b = 0, c = 0] = softmax(LOGITS);
    expect(a + b + c).toBeCloseTo(1, 12);
    expect(a / b).toBeCloseTo(Math.exp(1.5), 12);
    expect(c / a).toBeCloseTo(Math.exp(1.7), 12);
  });

  it("does not overflow where exp does", () => {
    expect(softmax([1000, 1000, -1000])).toEqual([0.5, 0.5, 0]);
  });
});

describe("entropy", () => {
  it("is log |A| where nothing is preferred and 0 where all is decided", () => {
    expect(entropy([0.25, 0.25, 0.25, 0.25])).toBeCloseTo(Math.log(4), 12);
    expect(entropy([1, 0])).toBe(0);
    expect(entropyShare([0.5, 0.5])).toBeCloseTo(1, 12);
  });
});

describe("score", () => {
  it.each([0, 1, 2])("of action %i is the finite difference of log π", (action) => {
    const expected = slope((logits) => Math.log(softmax(logits)[action] ?? 0));
    score(softmax(LOGITS), action).forEach((each, j) => {
      expect(each).toBeCloseTo(expected[j] ?? Number.NaN, 8);
    });
  });

  it("is 0 on average over the policy's own actions", () => {
    const policy = softmax(LOGITS);
    for (const j of LOGITS.keys()) {
      const mean = policy.reduce((sum, p, action) => sum + p * (score(policy, action)[j] ?? 0), 0);
      expect(mean).toBeCloseTo(0, 12);
    }
  });
});

describe("a step", () => {
  it("makes an action with a positive advantage likelier, and one with a negative less likely", () => {
    const before = softmax(LOGITS)[1] ?? 0;
    expect(softmax(stepped(LOGITS, 1, 1, 0.5))[1]).toBeGreaterThan(before);
    expect(softmax(stepped(LOGITS, 1, -1, 0.5))[1]).toBeLessThan(before);
    expect(stepped(LOGITS, 1, 0, 0.5)).toEqual(LOGITS);
  });
});
