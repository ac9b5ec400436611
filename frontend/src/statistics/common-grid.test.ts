import { describe, expect, it } from "vitest";
import { type Curve, commonGrid, MOST_GRID_POINTS, overlap, readOff } from "./common-grid";
import { fixedRandom } from "./fixed-random";

/** Every sample looked at for every place, as the definition reads. */
function slowValue({ x, y }: Curve, at: number): number {
  let value = Number.NaN;
  for (let i = 0; i < x.length; i += 1) if ((x[i] ?? 0) <= at) value = y[i] ?? Number.NaN;
  return value;
}

describe("the common grid", () => {
  it("takes the newest value at or before a place, and never looks ahead", () => {
    const curve = { x: [10, 20, 20, 40], y: [1, 2, 3, 4] };
    expect([...readOff(curve, [9, 10, 19.9, 20, 39, 40, 99])]).toEqual([
      Number.NaN,
      1,
      1,
      3,
      3,
      4,
      4,
    ]);
  });

  it("reads off what a look at every sample finds", () => {
    const random = fixedRandom(11);
    for (let round = 0; round < 50; round += 1) {
      const x = Array.from({ length: 30 }, () => Math.floor(random() * 40)).sort((a, b) => a - b);
      const curve = { x, y: x.map(() => random()) };
      const grid = Array.from({ length: 25 }, () => random() * 50 - 5).sort((a, b) => a - b);
      expect([...readOff(curve, grid)]).toEqual(grid.map((at) => slowValue(curve, at)));
    }
  });

  it("lies where every seed has a value: from the latest first to the earliest last", () => {
    const curves = [
      { x: [5, 80], y: [0, 0] },
      { x: [12, 60], y: [0, 0] },
      { x: [1, 90], y: [0, 0] },
    ];
    expect(overlap(curves)).toEqual([12, 60]);
    expect(overlap([...curves, { x: [], y: [] }])).toBeNull();
    expect(overlap([...curves, { x: [70], y: [0] }])).toBeNull();
    expect(overlap([])).toBeNull();
  });

  it("begins and ends exactly, rises, and has at most its number of points", () => {
    const random = fixedRandom(2);
    for (let round = 0; round < 100; round += 1) {
      const begin = random() * 1000;
      const end = begin + 10 ** (random() * 9 - 3);
      const grid = commonGrid(begin, end);
      expect(grid[0]).toBe(begin);
      expect(grid.at(-1)).toBe(end);
      expect(grid.length).toBeLessThanOrEqual(MOST_GRID_POINTS);
      expect(grid.length).toBeGreaterThanOrEqual(MOST_GRID_POINTS / 4);
      expect(grid.every((at, i) => i === 0 || at > (grid[i - 1] ?? 0))).toBe(true);
    }
    expect([...commonGrid(7, 7)]).toEqual([7]);
    expect(commonGrid(8, 7)).toHaveLength(0);
  });

  it("keeps its inner points while the run goes on, or every second of them", () => {
    let before = commonGrid(37, 100);
    for (let end = 101; end < 5_000; end += 13) {
      const grid = commonGrid(37, end);
      const kept = new Set(grid);
      const inner = before.slice(1, -1);
      const left = inner.filter((at) => kept.has(at)).length;
      expect(left).toBeGreaterThanOrEqual(Math.floor(inner.length / 2));
      before = grid;
    }
  });
});
