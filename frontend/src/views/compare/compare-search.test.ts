import { describe, expect, it } from "vitest";
import { readCompareSearch, withParts, withZoomIn } from "./compare-search";

const ID = "01M8JGD2RAP237T7DJH2KF81DS";
const OTHER = "01M8JGD31VK4P998V48BTBS07G";

describe("the address of a comparison", () => {
  it("keeps what makes sense and drops the rest", () => {
    expect(
      readCompareSearch({
        runs: `${ID},nonsense,${OTHER},${ID}`,
        group: ["lesson", 3, "lesson", {}],
        by: "algorithm",
        x: "seconds",
        smoothing: 0.5,
        threshold: 200,
        from: 5,
        to: 9,
      }),
    ).toEqual({
      runs: `${ID},${OTHER}`,
      group: ["lesson", "3"],
      by: "algorithm",
      x: "seconds",
      smoothing: 0.5,
      threshold: 200,
      from: 5,
      to: 9,
    });
    expect(
      readCompareSearch({ x: "update", by: "mood", smoothing: 2, from: 9, to: 5, group: null }),
    ).toEqual({});
    expect(readCompareSearch({ group: "one" })).toEqual({ group: ["one"] });
  });

  it("leaves out what is the default, and goes back to it", () => {
    const search = readCompareSearch({ x: "env_step", by: "setting", seeds: "on" });
    expect(search).toEqual({});
    const changed = withParts(search, { x: "episode", seeds: "off" });
    expect(withParts(changed, { x: undefined, seeds: undefined })).toEqual({});
  });

  it("keeps a zoom to whole steps, and to hundredths of seconds", () => {
    expect(withZoomIn({}, [-3.2, 1000.6])).toEqual({ from: 0, to: 1001 });
    expect(withZoomIn({ x: "seconds" }, [1.239, 2])).toEqual({ x: "seconds", from: 1.24, to: 2 });
    expect(withZoomIn({ from: 1, to: 2 }, null)).toEqual({});
  });
});

it("a comparison begins as its reader wants it, with steps where it has no such axis", () => {
  const wanted = { axis: "update", comparisonSmoothing: 0.8 } as const;
  expect(readCompareSearch({}, wanted)).toEqual({ smoothing: 0.8 });
  expect(readCompareSearch({ smoothing: 0.95 }, { ...wanted, axis: "episode" })).toEqual({
    x: "episode",
    smoothing: 0.95,
  });
});
