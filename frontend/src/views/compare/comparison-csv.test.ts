import { describe, expect, it } from "vitest";
import { curvesCsv, drawnPoints } from "./comparison-csv";
import type { DrawnCurve } from "./comparison-scene";

function curve(parts: Partial<DrawnCurve>): DrawnCurve {
  return {
    key: "k",
    label: "ppo",
    index: 0,
    seeds: [],
    others: [],
    mean: null,
    count: 0,
    ...parts,
  };
}

describe("the curves of a comparison as CSV", () => {
  it("has every point of a single run, which has no mean", () => {
    const points = drawnPoints(curve({ count: 1, seeds: [{ x: [10, 20], y: [1, 1 / 3] }] }));
    expect(curvesCsv(points, "env_step")).toBe(
      "curve,env_step,mean_return,low_95,high_95,seeds\r\n" +
        `ppo,10,1,,,1\r\nppo,20,${1 / 3},,,1\r\n`,
    );
  });

  it("has nothing of a mean that a seed still lacks a value for", () => {
    const seeds = [
      { x: [1], y: [1] },
      { x: [], y: [] },
    ];
    expect(drawnPoints(curve({ count: 2, seeds }))).toEqual([]);
  });
});
