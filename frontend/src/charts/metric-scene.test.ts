import { describe, expect, it } from "vitest";
import { SampleBuffer } from "../live/sample-buffer";
import type { MetricSubject } from "./chart-subject";
import { metricChart, type StoreOfCharts } from "./metric-scene";

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
    charts: {
      samples: () => buffer,
      abandoned,
      xMin: 0,
      xMax: 30,
      place: (step: number) => step,
      view: { x: "env_step", smoothing: 0.6 },
    },
    marks: [
      {
        kind: "tuned",
        envStep: 15,
        changes: { gamma: { before: 0.9, after: 0.8 } },
        actor: "page",
      },
      { kind: "checkpoint", envStep: 25, name: "by hand" },
    ],
  } as unknown as StoreOfCharts;
}

function subject(
  store: StoreOfCharts,
  parts: Partial<MetricSubject> = {},
): MetricSubject & { store: StoreOfCharts } {
  return {
    kind: "metric",
    raw: "dots",
    name: "episode_return",
    label: "episode return",
    unit: "reward",
    about: { id: "01", name: "first try", facts: [] },
    labels: new Map([["gamma", "discount"]]),
    threshold: null,
    zoom: null,
    isSymlog: false,
    ...parts,
    store,
  } as MetricSubject & { store: StoreOfCharts };
}

describe("the large chart of a run for a file", () => {
  it("has the line, every episode in its worker's hue, marks, and room for the threshold", () => {
    const { scene, x, y, key } = metricChart(subject(storeOf([]), { threshold: 40 }));
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
    expect(scene.marks?.[0]?.text).toMatch(/^discount 0.9 → 0.8/);
    expect(key.map(({ look }) => look.kind)).toEqual([
      "line",
      "dot",
      "dot",
      "dot",
      "threshold",
      "mark",
      "mark",
    ]);
  });

  it("breaks the line where the run went back, and shows only what is zoomed to", () => {
    const store = storeOf([{ begin: 10, end: 20 }]);
    const { scene, x, key } = metricChart(subject(store, { zoom: [12, 24] }));
    expect(x).toEqual([12, 24]);
    // The checkpoint is out of view; so is its place in the legend.
    expect(key.map(({ text }) => text)).toEqual([
      "smoothed, 0.6",
      "episodes of worker 0",
      "1",
      "9",
      "changed by hand",
      "abandoned by a rewind",
    ]);
    expect(scene.faded).toEqual([{ begin: 10, end: 20 }]);
    expect(Array.from(scene.lines[0]?.y ?? [])).toEqual([5, 9, Number.NaN, 7]);
  });

  it("of a metric has the range of its values as a band, and room for all of a share", () => {
    const { scene, y } = metricChart(
      subject(storeOf([]), { raw: "band", unit: "share", name: "entropy_fraction" }),
    );
    expect(scene.dots).toBeUndefined();
    expect(scene.bands).toHaveLength(1);
    expect(y[0]).toBeLessThanOrEqual(0);
  });
});
