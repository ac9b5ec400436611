/** A chart of a run as a scene: what its canvas shows, for a file and for paper. */

import type { RunStore, ZoomRange } from "../live/run-store";
import type { SampleBuffer } from "../live/sample-buffer";
import { withGaps } from "./abandoned";
import type { ChartFile } from "./chart-file";
import type { KeyEntry, MetricSubject } from "./chart-subject";
import { metricRange, valueExtent } from "./extent";
import { describeMark } from "./marks-text";
import { markDash, markTone } from "./paint";
import { WORKER_HUES } from "./palette";
import { INK_HUE, type Scene, type SceneDots, type SceneMark } from "./scene";

export type StoreOfCharts = Pick<RunStore, "charts" | "marks">;

type Drawn = Pick<ChartFile, "scene" | "x" | "y" | "yTicks" | "isSymlog" | "key">;

const MARK_WORDS = {
  tuned: "changed by hand",
  command: "command",
  rewind: "rewind",
  alert: "alert",
  solved: "solved",
  checkpoint: "checkpoint",
} as const;

/** All of a file but the words around it. */
export function metricChart(subject: MetricSubject & { readonly store: StoreOfCharts }): Drawn {
  const { store, name, unit, raw, threshold, isSymlog } = subject;
  const samples = store.charts.samples(name);
  const x = rangeInView(store, subject.zoom);
  const values = samples === null ? null : valueExtent(samples, ...x);
  return {
    scene: { ...runScene(store, subject.labels), ...curves(store, samples, raw), threshold },
    x,
    y: metricRange(values, { unit, threshold, isSymlog }) ?? [0, 1],
    yTicks: null,
    isSymlog,
    key: [...curveKey(store, samples, raw), ...runKey(store, x, threshold)],
  };
}

export function rangeInView({ charts }: StoreOfCharts, zoom: ZoomRange | null): ZoomRange {
  return zoom ?? [charts.xMin, Math.max(charts.xMax, charts.xMin + 1)];
}

/** What every chart of a run has: marks, and what was gone back behind. */
export function runScene(
  { charts, marks }: StoreOfCharts,
  labels: ReadonlyMap<string, string>,
): Pick<Scene, "marks" | "faded"> {
  return {
    marks: marks.flatMap((mark): SceneMark[] => {
      const at = charts.place(mark.envStep);
      if (at === null) return [];
      const looks = { tone: markTone(mark), dash: markDash(mark) };
      const isTick = mark.kind === "checkpoint";
      return [{ x: at, ...looks, isTick, text: describeMark(mark, labels) }];
    }),
    faded: charts.abandoned,
  };
}

/** Of what is in view. */
export function runKey(
  { charts, marks }: StoreOfCharts,
  [from, to]: ZoomRange,
  threshold: number | null,
): KeyEntry[] {
  const key: KeyEntry[] = [];
  if (threshold !== null) key.push({ text: `solved at ${threshold}`, look: { kind: "threshold" } });
  const kinds = new Set<string>();
  for (const mark of marks) {
    const at = charts.place(mark.envStep);
    if (at === null || at < from || at > to || kinds.has(mark.kind)) continue;
    kinds.add(mark.kind);
    const isTick = mark.kind === "checkpoint";
    const look = { kind: "mark", tone: markTone(mark), dash: markDash(mark), isTick } as const;
    key.push({ text: MARK_WORDS[mark.kind], look });
  }
  const isFaded = charts.abandoned.some(({ begin, end }) => end > from && begin < to);
  if (isFaded) key.push({ text: "abandoned by a rewind", look: { kind: "faded" } });
  return key;
}

function curves(
  { charts }: StoreOfCharts,
  samples: SampleBuffer | null,
  raw: MetricSubject["raw"],
): Pick<Scene, "bands" | "lines" | "dots"> {
  if (samples === null) return { bands: [], lines: [] };
  const [x, line] = withGaps([samples.x, samples.line], charts.abandoned);
  const y = Array.from(line, (value) => value ?? Number.NaN);
  const lines = [{ x, y, hue: INK_HUE, dash: [], width: 1.5, opacity: 1 }];
  const { low, high } = samples;
  return raw === "band"
    ? { bands: [{ x: samples.x, low, high, hue: INK_HUE }], lines }
    : { bands: [], lines, dots: workerDots(samples) };
}

function curveKey(
  { charts }: StoreOfCharts,
  samples: SampleBuffer | null,
  raw: MetricSubject["raw"],
): KeyEntry[] {
  const smoothed: KeyEntry = {
    text: charts.view.smoothing === 0 ? "as recorded" : `smoothed, ${charts.view.smoothing}`,
    look: { kind: "line", hue: INK_HUE, dash: [] },
  };
  if (raw === "band") {
    return [smoothed, { text: "least to greatest", look: { kind: "band", hue: INK_HUE } }];
  }
  const workers = [...new Set(samples?.worker ?? [])].sort((a, b) => a - b);
  const own = workers.filter((worker) => worker >= 0);
  const dots = own.slice(0, WORKER_HUES).map(
    (worker, i): KeyEntry => ({
      text: i === 0 ? `episodes of worker ${worker}` : String(worker),
      look: { kind: "dot", hue: worker % WORKER_HUES },
    }),
  );
  if (own.length > WORKER_HUES) {
    dots.push({ text: `to ${own.at(-1)}, hues repeat`, look: { kind: "dot", hue: INK_HUE } });
  }
  return workers.includes(-1)
    ? [smoothed, ...dots, { text: "of several", look: { kind: "dot", hue: INK_HUE } }]
    : [smoothed, ...dots];
}

/** By hue: episodes of one worker, or ranges of several. */
function workerDots({ x, low, high, worker }: SampleBuffer): SceneDots[] {
  const byHue = new Map<number, number[]>();
  worker.forEach((owner, i) => {
    const hue = owner < 0 ? INK_HUE : owner % WORKER_HUES;
    const indexes = byHue.get(hue) ?? [];
    indexes.push(i);
    byHue.set(hue, indexes);
  });
  return [...byHue].map(([hue, indexes]) => {
    const pick = (column: Float64Array) => indexes.map((i) => column[i] ?? Number.NaN);
    return { hue, x: pick(x), low: pick(low), high: pick(high) };
  });
}
