/** A histogram over a run as a scene: a cell for each bin that was hit, for a file and for paper. */

import type { HistogramTrack } from "../live/histogram-track";
import type { ChartFile } from "./chart-file";
import type { HistogramSubject } from "./chart-subject";
import { cellValue, darkest, formatEnds, opacityOf, yTicksOf } from "./heat";
import { rangeInView, runKey, runScene, type StoreOfCharts } from "./metric-scene";
import type { SceneCell } from "./scene";

type Drawn = Pick<ChartFile, "scene" | "x" | "y" | "yTicks" | "isSymlog" | "key">;

/** All of a file but the words around it. */
export function heatChart(subject: HistogramSubject & { readonly store: StoreOfCharts }): Drawn {
  const { store, name, definition, labels, zoom } = subject;
  const track = store.charts.histogram(name);
  const x = rangeInView(store, zoom);
  const base = { ...runScene(store, labels), bands: [], lines: [], threshold: null };
  if (track === null || track.length === 0) {
    return { scene: base, x, y: [0, 1], yTicks: [], isSymlog: false, key: [] };
  }
  const top = darkest(track, ...x);
  const [none, most] = formatEnds(track, top);
  const of = track.kind === "values" ? "" : " of each moment";
  return {
    scene: { ...base, cells: cellsOf(track, x, top) },
    x,
    y: [track.edge(0), track.edge(track.bins.length)],
    yTicks: yTicksOf(track, definition.whole),
    isSymlog: false,
    key: [
      { text: `${none} to ${most}${of}`, look: { kind: "darkness" } },
      ...runKey(store, x, null),
    ],
  };
}

function cellsOf(track: HistogramTrack, [from, to]: readonly [number, number], top: number) {
  const cells: SceneCell[] = [];
  for (const [point, row] of track.rows.entries()) {
    const [begin, end] = [track.beginOf(point), track.x[point] ?? 0];
    if (end < from || begin > to) continue;
    for (const [bin, value] of row.entries()) {
      if (value <= 0) continue;
      cells.push({
        x: [begin, end],
        y: [track.edge(bin), track.edge(bin + 1)],
        darkness: opacityOf(cellValue(track, point, bin), top),
      });
    }
  }
  return cells;
}
