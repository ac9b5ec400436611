import { expect, it } from "vitest";
import { symlogMargin, symlogTicks } from "./symlog";

it("has ticks at 0 and at powers of ten on both sides", () => {
  expect(symlogTicks(-150, 500, 8)).toEqual([-100, -10, -1, 0, 1, 10, 100]);
  expect(symlogTicks(2, 500, 8)).toEqual([10, 100]);
  expect(symlogTicks(-900, -5, 8)).toEqual([-100, -10]);
});

it("leaves decades out rather than crowding the axis", () => {
  const ticks = symlogTicks(0, 1e9, 4);
  expect(ticks.length).toBeLessThanOrEqual(5);
  expect(ticks).toContain(0);
});

it("never maps negative values to 0", () => {
  expect(symlogTicks(-1e6, -1e3, 8)).toEqual([-1e6, -1e5, -1e4, -1e3]);
  const [min, max] = symlogMargin(-1e6, -1e3, 0.05);
  expect(min).toBeLessThan(-1e6);
  expect(max).toBeGreaterThan(-1e3);
  expect(max).toBeLessThan(0);
});

it("gives a constant series room on both sides", () => {
  const [min, max] = symlogMargin(0, 0, 0.05);
  expect(min).toBeLessThan(0);
  expect(max).toBeGreaterThan(0);
});
