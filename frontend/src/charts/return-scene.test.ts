import { describe, expect, it } from "vitest";
import type { RunStore } from "../live/run-store";
import { SampleBuffer } from "../live/sample-buffer";
import { returnChart } from "./return-scene";

function storeOf(abandoned: readonly { begin: number; end: number }[]) {
  const buffer = new SampleBuffer(16);
  const samples = [
    [10, 5, 0],
    [20, 9, 9],
    [30, 7, 1],
  ] as const;
  for (const [x, value, worker] of samples) {
    buffer.append({ x, line: value, low: value, high: value, count: 1, worker });
  }
  return {
    charts: { samples: () => buffer, abandoned, xMin: 0, xMax: 30, place: (step: number) => step },
    marks: [
      { kind: "tuned", envStep: 15 },
      { kind: "checkpoint", envStep: 25 },
    ],
  } as unknown as Pick<RunStore, "charts" | "marks">;
}

describe("the large chart of a run for a file", () => {
  it("has the line, every episode in its worker's hue, marks, and room for the threshold", () => {
    const { scene, x, y } = returnChart(storeOf([]), {
      threshold: 40,
      zoom: null,
      isSymlog: false,
    });
    expect(x).toEqual([0, 30]);
    expect(y[1]).toBeGreaterThan(40);
    expect(Array.from(scene.lines[0]?.y ?? [])).toEqual([5, 9, 7]);
    // Hues repeat after eight workers.
    expect(scene.dots?.map(({ hue, x: at }) => [hue, at])).toEqual([
      [0, [10]],
      [1, [20, 30]],
    ]);
    expect(scene.marks?.map(({ tone, isTick }) => [tone, isTick])).toEqual([
      ["accent", false],
      ["ink3", true],
    ]);
  });

  it("breaks the line where the run went back, and shows only what is zoomed to", () => {
    const view = { threshold: null, zoom: [12, 28] as const, isSymlog: false };
    const { scene, x } = returnChart(storeOf([{ begin: 10, end: 20 }]), view);
    expect(x).toEqual([12, 28]);
    expect(scene.faded).toEqual([{ begin: 10, end: 20 }]);
    expect(Array.from(scene.lines[0]?.y ?? [])).toEqual([5, 9, Number.NaN, 7]);
  });
});
