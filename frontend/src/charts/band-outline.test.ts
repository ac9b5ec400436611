import { expect, test } from "vitest";
import { bandOutline } from "./band-outline";

const same = (value: number) => value;

test("samples that lie apart stay as they are", () => {
  const samples = { x: [0.4, 3, 7.6], low: [1, 2, 3], high: [4, 6, 5] };

  expect(bandOutline(samples, [0, 2], same)).toEqual(samples);
});

test("only what is asked for is drawn, where it belongs", () => {
  const samples = { x: [0, 1, 2, 3], low: [1, 2, 3, 4], high: [5, 6, 7, 8] };

  expect(bandOutline(samples, [1, 2], (value) => 10 * value)).toEqual({
    x: [10, 20],
    low: [2, 3],
    high: [6, 7],
  });
});

test("ten thousand samples have a corner in each column, and no spike is lost", () => {
  const x = Array.from({ length: 10_000 }, (_, i) => i);
  const low = x.map((i) => (i === 4_321 ? -9 : 0));
  const high = x.map((i) => (i === 8_765 ? 9 : 1));
  const toX = (value: number) => value / 50;

  const outline = bandOutline({ x, low, high }, [0, 9_999], toX);

  expect(outline.x.length).toBe(201);
  expect(outline.x).toEqual([...outline.x].sort((a, b) => a - b));
  expect(outline.low.filter((value) => value === -9).length).toBe(1);
  expect(outline.high.filter((value) => value === 9).length).toBe(1);
  expect(Math.abs((outline.x[outline.low.indexOf(-9)] ?? 0) - 4_321 / 50)).toBeLessThan(1);
});

test("a value that is none has no corner, and takes none from its neighbours", () => {
  const samples = { x: [0, 1, 1.2, 2], low: [1, Number.NaN, 5, 3], high: [2, Number.NaN, 6, 4] };

  expect(bandOutline(samples, [0, 3], same)).toEqual({
    x: [0, 1.2, 2],
    low: [1, 5, 3],
    high: [2, 6, 4],
  });
});
