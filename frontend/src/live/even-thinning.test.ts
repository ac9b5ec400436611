import { expect, it } from "vitest";
import { evenGroups } from "./even-thinning";

it("makes pairs of what is all alike", () => {
  expect(evenGroups([1, 1, 1, 1, 1, 1, 1, 1], 8)).toEqual([1, 3, 5, 7]);
});

it("leaves alone what stands for much, and brings the rest to it", () => {
  expect(evenGroups([4, 4, 1, 1, 1, 1, 1, 1], 8)).toEqual([0, 1, 3, 5, 7]);
});

it("makes all coarser where too little would be won", () => {
  expect(evenGroups([2, 2, 2, 2, 2, 2, 1, 1], 8)).toEqual([1, 3, 5, 7]);
});

it.each([2, 3, 5, 64])("wins room among %d, however unlike they are", (length) => {
  const rows = Array.from({ length }, (_, i) => 2 ** ((i * 7) % 11) + i / 3);
  const ends = evenGroups(rows, length);
  expect(ends.length).toBeLessThan(length);
  expect(ends.at(-1)).toBe(length - 1);
  expect([...new Set(ends)].sort((a, b) => a - b)).toEqual(ends);
});
