/** The large chart of a run as a scene: what its canvas shows, for a file. */

import { RETURN_METRIC } from "../live/run-charts";
import type { RunStore, ZoomRange } from "../live/run-store";
import { withGaps } from "./abandoned";
import type { SvgChart } from "./export-svg";
import { markDash, markTone } from "./paint";
import { WORKER_HUES } from "./palette";
import { INK_HUE, type Scene, type SceneDots, sceneHeight } from "./scene";

type Store = Pick<RunStore, "charts" | "marks">;

interface ReturnView {
  readonly threshold: number | null;
  readonly zoom: ZoomRange | null;
  readonly isSymlog: boolean;
}

/** All of an SVG chart but its words and its size. */
export function returnChart(
  store: Store,
  { threshold, zoom, isSymlog }: ReturnView,
): Pick<SvgChart, "scene" | "x" | "y" | "isSymlog" | "key"> {
  const { charts } = store;
  const x = zoom ?? ([charts.xMin, Math.max(charts.xMax, charts.xMin + 1)] as const);
  const scene = returnScene(store, threshold);
  return { scene, x, y: sceneHeight(scene, x, isSymlog) ?? [0, 1], isSymlog, key: [] };
}

function returnScene({ charts, marks }: Store, threshold: number | null): Scene {
  const samples = charts.samples(RETURN_METRIC);
  if (samples === null) return { bands: [], lines: [], threshold };
  const [x, line] = withGaps([samples.x, samples.line], charts.abandoned);
  const y = Array.from(line, (value) => value ?? Number.NaN);
  return {
    bands: [],
    lines: [{ x, y, hue: INK_HUE, dash: [], width: 1.5, opacity: 1 }],
    threshold,
    dots: workerDots(samples.x, samples.low, samples.high, samples.worker),
    marks: marks.flatMap((mark) => {
      const at = charts.place(mark.envStep);
      const looks = { tone: markTone(mark), dash: markDash(mark) };
      return at === null ? [] : [{ x: at, ...looks, isTick: mark.kind === "checkpoint" }];
    }),
    faded: charts.abandoned,
  };
}

/** By hue: episodes of one worker, or ranges of several. */
function workerDots(
  x: Float64Array,
  low: Float64Array,
  high: Float64Array,
  worker: Int16Array,
): SceneDots[] {
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
