import { describe, expect, it } from "vitest";
import { HistogramTrack } from "../live/histogram-track";
import { cellValue, darkest, describeHistogram, opacityOf, readout, yTicksOf } from "./heat";

function track(first: number, counts: number[], labels: string[] | null = null, exponent = 0) {
  const made = new HistogramTrack("counts", null);
  made.append(10, { exponent, first, counts, labels });
  return made;
}

describe("darkness", () => {
  it("grows with the share, and the smallest share can be told from none", () => {
    expect(opacityOf(0, 1)).toBe(0);
    expect(opacityOf(1e-9, 1)).toBeGreaterThan(0.05);
    expect(opacityOf(0.2, 1)).toBeLessThan(opacityOf(0.3, 1));
    expect(opacityOf(1, 1)).toBe(1);
  });

  it("stands for a round share that holds all shares in view", () => {
    const returns = track(0, [1, 2, 1, 8, 8]);
    returns.append(20, { exponent: 0, first: 0, counts: [9, 1], labels: null });

    expect(darkest(returns, 0, 10)).toBe(0.5);
    expect(darkest(returns, 0, 20)).toBe(1);
    expect(cellValue(returns, 0, 3)).toBeCloseTo(0.4);
  });

  it("stands for a round value where values are shown", () => {
    const norms = new HistogramTrack("values", null);
    norms.append(10, { exponent: 0, first: 0, counts: [3.2, 0.4], labels: ["trunk", "value"] });

    expect(darkest(norms, 0, 10)).toBe(5);
    expect(readout(norms, { x: null, y: null }, true)).toBe("trunk: 3.20");
  });
});

describe("the read-out", () => {
  const actions = track(0, [1, 3], ["0", "1"]);

  it("is that of the cell under the pointer, else the greatest of the moment", () => {
    expect(readout(actions, { x: 5, y: 0.5 }, false)).toBe("0: 25\u00a0%");
    expect(readout(actions, { x: 5, y: null }, false)).toBe("1: 75\u00a0%");
    expect(readout(actions, { x: null, y: null }, false)).toBe("1: 75\u00a0%");
    expect(readout(actions, { x: 99, y: 0.5 }, false)).toBe("–");
    expect(readout(null, { x: 1, y: 1 }, false)).toBe("–");
  });

  it("names ranges by their ends, and whole numbers by the first and last of them", () => {
    expect(readout(track(60, [2], null, 3), { x: null, y: null }, false)).toBe(
      "480 to 488: 100\u00a0%",
    );
    expect(readout(track(1, [2], null, 2), { x: null, y: null }, true)).toBe("4 to 7: 100\u00a0%");
  });

  it("is a sentence for people who can't see the strip", () => {
    expect(describeHistogram("actions", actions, false)).toBe(
      "actions: newest 1: 75\u00a0%, 0: 25\u00a0%; over 1 points",
    );
    expect(describeHistogram("actions", null, false)).toBe("actions: nothing counted yet");
  });
});

describe("the y axis", () => {
  it("has the name of a thing at the middle of its bin", () => {
    expect(yTicksOf(track(0, [1, 3], ["0", "1"]), false)).toEqual([
      { at: 0.5, text: "0" },
      { at: 1.5, text: "1" },
    ]);
  });

  it("has a number where a name is too long, and not more labels than fit", () => {
    const layers = track(0, [1, 3], ["policy.bias", "value"]);
    expect(yTicksOf(layers, true).map(({ text }) => text)).toEqual(["1", "value"]);
    expect(yTicksOf(track(0, new Array(18).fill(1)), true).length).toBeLessThanOrEqual(8);
  });

  it("has round numbers along ranges", () => {
    const texts = yTicksOf(track(0, new Array(63).fill(1), null, 3), false).map(({ at }) => at);
    expect(texts).toEqual([0, 200, 400]);
  });
});
