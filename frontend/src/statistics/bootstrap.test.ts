import { describe, expect, it } from "vitest";
import { interquartileMean, quantileOfSorted } from "./averages";
import { bootstrapInterval, RESAMPLES, rememberedBootstrap, resamplePlan } from "./bootstrap";
import { fixedRandom } from "./fixed-random";

/** The whole bootstrap distribution: every one of the nⁿ draws, none of them by chance. */
function exactMeans(values: readonly number[]): number[] {
  let sums = [0];
  for (let i = 0; i < values.length; i += 1) {
    sums = sums.flatMap((sum) => values.map((value) => sum + value));
  }
  return sums.map((sum) => sum / values.length).sort((a, b) => a - b);
}

/** A second bootstrap, with the language's own arrays and another generator. */
function otherBootstrap(values: readonly number[], draws: number, random: () => number): number[] {
  const means: number[] = [];
  for (let i = 0; i < draws; i += 1) {
    const drawn = values.map(() => values[Math.floor(random() * values.length)] ?? 0);
    means.push(drawn.reduce((sum, value) => sum + value) / values.length);
  }
  return means.sort((a, b) => a - b);
}

describe("the bootstrap over seeds", () => {
  it("has no interval for a single seed", () => {
    expect(bootstrapInterval([475])).toBeNull();
    expect(bootstrapInterval([])).toBeNull();
  });

  it("gives a point where all seeds agree, and always the same interval", () => {
    expect(bootstrapInterval([3, 3, 3])).toEqual([3, 3]);
    const values = [180, 420, 455, 470, 475];
    expect(bootstrapInterval(values)).toEqual(bootstrapInterval(values));
  });

  it("for two seeds spans both: each of them alone is a quarter of all draws", () => {
    expect(bootstrapInterval([100, 200])).toEqual([100, 200]);
  });

  it("agrees with the exact distribution of all nⁿ draws", () => {
    // Of 2,000 draws, the share below the lower end differs from 2.5 % by at most three standard
    // errors of 0.35 %.
    for (const values of [
      [1, 2, 4],
      [10, 12, 15, 30],
      [180, 420, 455, 470, 475],
      [0, 0, 1, 5, 9, 9],
    ]) {
      const [low, high] = bootstrapInterval(values) ?? [Number.NaN, Number.NaN];
      const means = exactMeans(values);
      const share = (isIn: (mean: number) => boolean) => means.filter(isIn).length / means.length;
      expect(share((mean) => mean < low - 1e-9)).toBeLessThan(0.0355);
      expect(share((mean) => mean <= low + 1e-9)).toBeGreaterThan(0.0145);
      expect(share((mean) => mean > high + 1e-9)).toBeLessThan(0.0355);
      expect(share((mean) => mean >= high - 1e-9)).toBeGreaterThan(0.0145);
    }
  });

  it("agrees with another bootstrap of many draws on twenty seeds", () => {
    const random = fixedRandom(99);
    const values = Array.from({ length: 20 }, () => 500 * random() ** 2);
    const means = otherBootstrap(values, 40_000, fixedRandom(5));
    const [low, high] = bootstrapInterval(values) ?? [];
    expect(Math.abs((low ?? 0) - quantileOfSorted(means, 0.025))).toBeLessThan(6);
    expect(Math.abs((high ?? 0) - quantileOfSorted(means, 0.975))).toBeLessThan(6);
  });

  it("draws as many seeds as there are, each about as often", () => {
    const plan = resamplePlan(5);
    expect(plan.length).toBe(5 * RESAMPLES);
    for (let seed = 0; seed < 5; seed += 1) {
      const count = plan.filter((drawn) => drawn === seed).length;
      expect(Math.abs(count - RESAMPLES)).toBeLessThan(120);
    }
  });

  it("takes other averages, too", () => {
    // One seed of twenty went wrong: the middle half does not care, the mean does.
    const values = [10, ...Array.from({ length: 19 }, (_, i) => 461 + i)];
    const [lowOfMean] = bootstrapInterval(values) ?? [];
    const [lowOfMiddle] = bootstrapInterval(values, interquartileMean) ?? [];
    expect(lowOfMean).toBeLessThan(430);
    expect(lowOfMiddle).toBeGreaterThan(460);
  });

  it("that remembers gives the same as one that does not", () => {
    const remembered = rememberedBootstrap();
    for (const values of [[1, 2, 4], [1, 2, 4], [2, 1, 4], [5]]) {
      expect(remembered(values)).toEqual(bootstrapInterval(values));
    }
  });
});
