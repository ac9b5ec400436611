import { describe, expect, it } from "vitest";
import { bootstrapInterval } from "./bootstrap";
import { fixedRandom } from "./fixed-random";
import { meanCurve } from "./mean-curve";

describe("the mean over seeds", () => {
  it("averages at each place what each seed has there, and ends with the shortest", () => {
    const curve = meanCurve([
      { x: [0, 10, 20, 30], y: [0, 10, 20, 30] },
      { x: [0, 15, 20], y: [100, 110, 120] },
    ]);
    const at = (place: number) => curve?.mean[curve.x.findLastIndex((x) => x <= place)];
    expect(at(0)).toBe(50);
    expect(at(10)).toBe((10 + 100) / 2);
    expect(at(15)).toBe((10 + 110) / 2);
    expect(at(20)).toBe((20 + 120) / 2);
    expect(curve?.x.at(-1)).toBe(20);
    expect(curve?.seeds).toBe(2);
  });

  it("of a single seed is that seed, without a band", () => {
    const curve = meanCurve([{ x: [4, 8], y: [1, 3] }]);
    expect(curve?.band).toBeNull();
    expect(curve?.mean[0]).toBe(1);
    expect(curve?.mean.at(-1)).toBe(3);
  });

  it("is not there while a seed has nothing yet, so that it is never drawn anew", () => {
    expect(
      meanCurve([
        { x: [1], y: [1] },
        { x: [], y: [] },
      ]),
    ).toBeNull();
    expect(meanCurve([])).toBeNull();
  });

  it("has the interval of the seeds' values at every place", () => {
    const random = fixedRandom(4);
    const seeds = Array.from({ length: 5 }, () => ({
      x: Array.from({ length: 50 }, (_, i) => i),
      y: Array.from({ length: 50 }, (_, i) => i + 10 * random()),
    }));
    const curve = meanCurve(seeds);
    for (const place of [0, 17, 49]) {
      const index = curve?.x.indexOf(place) ?? -1;
      const values = seeds.map(({ y }) => y[place] ?? 0);
      expect([curve?.band?.low[index], curve?.band?.high[index]]).toEqual(
        bootstrapInterval(values),
      );
      expect(curve?.mean[index]).toBeCloseTo(values.reduce((a, b) => a + b) / 5, 12);
    }
  });
});
