import { expect, test } from "vitest";
import { DotGrid } from "./dot-grid";

test("only so many dots of one pixel are drawn, and all of others", () => {
  const grid = new DotGrid(3, 2);
  const drawn = Array.from({ length: 10 }, () => grid.admits(1.4, 0.2));

  expect(drawn.filter(Boolean).length).toBe(4);
  expect(grid.admits(1.4, 1.2)).toBe(true);
  expect(grid.admits(0.9, 0.2)).toBe(true);
});

test("what lies outside, or nowhere, is not drawn", () => {
  const grid = new DotGrid(3, 2);

  for (const [x, y] of [
    [-0.1, 0],
    [3, 0],
    [0, -1],
    [0, 2],
    [Number.NaN, 0],
    [0, Number.NaN],
  ] as const) {
    expect(grid.admits(x, y)).toBe(false);
  }
});

test("a cleared grid begins anew", () => {
  const grid = new DotGrid(1, 1);
  for (let i = 0; i < 5; i += 1) grid.admits(0, 0);
  grid.clear();

  expect(grid.admits(0, 0)).toBe(true);
});
