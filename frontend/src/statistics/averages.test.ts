import { describe, expect, it } from "vitest";
import { interquartileMean, meanOf, quantileOfSorted } from "./averages";
import { fixedRandom } from "./fixed-random";

/** As the definition reads: every value in turn, left out while a quarter has not been passed. */
function slowTrimmedMean(values: readonly number[]): number {
  const cut = Math.trunc(values.length / 4);
  const rest = [...values];
  for (let i = 0; i < cut; i += 1) {
    rest.splice(rest.indexOf(Math.min(...rest)), 1);
    rest.splice(rest.indexOf(Math.max(...rest)), 1);
  }
  return rest.reduce((sum, value) => sum + value, 0) / rest.length;
}

describe("averages", () => {
  it("the interquartile mean leaves out a whole quarter at each end, and none of three values", () => {
    expect(interquartileMean([9, 1, 2])).toBe(4);
    expect(interquartileMean([100, 1, 2, 3])).toBe(2.5);
    // ⌊5/4⌋ = 1 at each end, as SciPy's trim_mean.
    expect(interquartileMean([-50, 1, 2, 6, 500])).toBe(3);
    expect(interquartileMean([8, 7, 6, 5, 4, 3, 2, 1])).toBe(4.5);
    expect(interquartileMean([475])).toBe(475);
  });

  it("the interquartile mean equals one that takes the extremes out one by one", () => {
    const random = fixedRandom(3);
    for (let n = 1; n <= 41; n += 1) {
      const values = Array.from({ length: n }, () => Math.round(random() * 20) - 10);
      expect(interquartileMean(values)).toBeCloseTo(slowTrimmedMean(values), 12);
    }
  });

  it("quantiles are linear between neighbours, as NumPy's default", () => {
    // numpy.quantile([1, 2, 4, 8], [0, .25, .5, .9, 1])
    const values = [1, 2, 4, 8];
    const shares = [0, 0.25, 0.5, 1];
    expect(quantileOfSorted(values, 0.9)).toBeCloseTo(6.8, 12);
    expect(shares.map((share) => quantileOfSorted(values, share))).toEqual([1, 1.75, 3, 8]);
    expect(quantileOfSorted([5], 0.975)).toBe(5);
    expect(quantileOfSorted([], 0.5)).toBeNaN();
  });

  it("the mean of nothing is not a number", () => {
    expect(meanOf([])).toBeNaN();
    expect(meanOf([1, 2, 6])).toBe(3);
  });
});
