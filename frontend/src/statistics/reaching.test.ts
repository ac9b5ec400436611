import { describe, expect, it } from "vitest";
import { fixedRandom } from "./fixed-random";
import { findReach, type RisingSeries, reachedBy } from "./reaching";

describe("the time to a threshold", () => {
  it("is the median over all seeds, those that failed being last", () => {
    expect(reachedBy([30, 10, 20])).toEqual({ count: 3, seeds: 3, median: 20 });
    expect(reachedBy([30, null, 20])).toEqual({ count: 2, seeds: 3, median: 30 });
    expect(reachedBy([10, null, null])).toEqual({ count: 1, seeds: 3, median: null });
    expect(reachedBy([10, 20, 40, null])).toEqual({ count: 3, seeds: 4, median: 30 });
    expect(reachedBy([10, 20, null, null])).toEqual({ count: 2, seeds: 4, median: null });
    expect(reachedBy([])).toEqual({ count: 0, seeds: 0, median: null });
  });

  it("equals a count of how many are there by then", () => {
    const random = fixedRandom(8);
    for (let round = 0; round < 200; round += 1) {
      const times = Array.from({ length: 2 * Math.floor(random() * 5) + 1 }, () =>
        random() < 0.3 ? null : Math.floor(random() * 100),
      );
      // For an odd number: the first moment at which more than half have arrived.
      let slow: number | null = null;
      for (let t = 0; t <= 100 && slow === null; t += 1) {
        const there = times.filter((time) => time !== null && time <= t).length;
        if (there > times.length / 2) slow = t;
      }
      expect(reachedBy(times).median).toBe(slow);
    }
  });
});

describe("the search for the first row that reached it", () => {
  /** A record of rows, thinned to ten points as a server would. */
  function recordOf(rows: readonly number[], points = 10) {
    const looks: (readonly [number | null, number | null])[] = [];
    const read = (from: number | null, to: number | null): Promise<RisingSeries> => {
      looks.push([from, to]);
      const inside = rows
        .map((value, x) => ({ value, x }))
        .filter(({ x }) => x >= (from ?? 0) && x <= (to ?? rows.length));
      const size = Math.ceil(inside.length / points);
      const bins = [];
      for (let i = 0; i < inside.length; i += size) bins.push(inside.slice(i, i + size));
      return Promise.resolve({
        x: bins.map((bin) => bin.at(-1)?.x ?? 0),
        max: bins.map((bin) => Math.max(...bin.map(({ value }) => value))),
        count: bins.map((bin) => bin.length),
      });
    };
    return { read, looks };
  }

  it("finds the row itself, however much the record was thinned", async () => {
    const random = fixedRandom(21);
    for (let round = 0; round < 40; round += 1) {
      let best = 0;
      const rows = Array.from({ length: 7_000 }, () => {
        best += random() < 0.1 ? random() : 0;
        return best;
      });
      const threshold = random() * 1.1 * best;
      const first = rows.findIndex((value) => value >= threshold);
      const { read } = recordOf(rows);
      expect(await findReach(read, threshold)).toBe(first === -1 ? null : first);
    }
  });

  it("looks once where nothing was thinned, and finds nothing where nothing is", async () => {
    const exact = recordOf([1, 2, 3, 4]);
    expect(await findReach(exact.read, 3)).toBe(2);
    expect(exact.looks).toEqual([[null, null]]);
    expect(await findReach(recordOf([1, 2]).read, 3)).toBeNull();
    expect(await findReach(recordOf([]).read, 3)).toBeNull();
  });
});
