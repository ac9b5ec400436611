import { describe, expect, it } from "vitest";
import type { MetricSeries } from "../api/types";
import { AxisConversion, interpolate } from "./axis-conversion";

function over(x: number[], count: number[]): MetricSeries {
  return {
    x,
    count,
    mean: x,
    min: x,
    max: x,
    exact: false,
    rows: 0,
    worker: null,
    smoothing_state: null,
  };
}

describe("where a mark lies on another axis", () => {
  it("is the env step itself on the env-step axis", () => {
    expect(AxisConversion.identity().convert(412_000)).toBe(412_000);
  });

  it("is unknown without rows", () => {
    expect(AxisConversion.empty().convert(5)).toBeNull();
  });

  it("matches rows by number even if the two readings were thinned differently", () => {
    // Ten rows: 100 steps and 2 seconds each; read as 5 x 2 rows and as rows of 1, 3 and 6.
    const conversion = AxisConversion.between(
      over([200, 400, 600, 800, 1000], [2, 2, 2, 2, 2]),
      over([2, 8, 20], [1, 3, 6]),
    );
    expect(conversion.convert(400)).toBeCloseTo(8);
    expect(conversion.convert(700)).toBeCloseTo(14);
    expect(conversion.convert(1000)).toBeCloseTo(20);
  });

  it("goes on with live rows and stays bounded", () => {
    const conversion = AxisConversion.empty();
    for (let i = 1; i <= 20_000; i += 1) conversion.append(i * 10, i);
    expect(conversion.convert(100_000)).toBeCloseTo(10_000, 0);
    expect(conversion.convert(0)).toBe(0);
    expect(conversion.convert(200_000)).toBe(20_000);
  });

  it("interpolates between rows and is constant beyond them", () => {
    expect(interpolate([0, 10], [5, 25], 5)).toBe(15);
    expect(interpolate([0, 10], [5, 25], -1)).toBe(5);
    expect(interpolate([0, 10], [5, 25], 99)).toBe(25);
    expect(interpolate([], [], 1)).toBeNull();
  });
});
