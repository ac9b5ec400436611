import { describe, expect, it } from "vitest";
import { meanCurve } from "../../statistics/mean-curve";
import { comparisonScene, type DrawnCurve, describeComparison, readout } from "./comparison-scene";

const one = { x: [0, 10, 20], y: [0, 100, 200] };
const two = { x: [0, 10, 30], y: [100, 300, 400] };

function drawn(parts: Partial<DrawnCurve>): DrawnCurve {
  const seeds = parts.seeds ?? [one, two];
  return {
    key: "k",
    label: "a3c",
    index: 0,
    others: [],
    mean: seeds.length > 1 ? meanCurve(seeds) : null,
    count: seeds.length,
    ...parts,
    seeds,
  };
}

describe("the chart of a comparison", () => {
  it("draws a band and a mean over thin seeds, which can be switched off", () => {
    const scene = comparisonScene([drawn({})], 475, true);
    expect(scene.bands).toHaveLength(1);
    expect(scene.lines.map(({ width }) => width)).toEqual([1, 1, 2.2]);
    expect(comparisonScene([drawn({})], null, false).lines).toHaveLength(1);
  });

  it("draws a single seed as a line without a band", () => {
    const scene = comparisonScene([drawn({ seeds: [one] })], null, true);
    expect(scene.bands).toEqual([]);
    expect(scene.lines).toHaveLength(1);
  });

  it("shows the seeds while the mean waits for the last of them, and others dotted", () => {
    const waiting = drawn({ seeds: [one, { x: [], y: [] }], others: [two] });
    expect(waiting.mean).toBeNull();
    const { lines, bands } = comparisonScene([waiting], null, false);
    expect(bands).toEqual([]);
    expect(lines.map(({ dash }) => dash)).toEqual([[1, 3], [], []]);
    expect(readout(waiting, null)).toBe("–");
    expect(describeComparison([waiting])).toContain("n = 2, 1 begun");
  });

  it("reads off what lies under the pointer, and nothing beyond the shortest seed", () => {
    expect(readout(drawn({}), 12)).toBe("200 [100, 300]");
    expect(readout(drawn({}), 25)).toBe("–");
    expect(readout(drawn({ seeds: [one] }), 12)).toBe("100");
    expect(readout(drawn({ seeds: [one] }), null)).toBe("200");
  });
});
