/** A comparison to take away: its chart for a picture, and its figures. */

import { axisLabel } from "../../charts/axes";
import type { ComparisonSubject, KeyEntry } from "../../charts/chart-subject";
import { curveStyle } from "../../charts/curve-style";
import type { ExportTable } from "../../charts/export-menu";
import type { Scene } from "../../charts/scene";
import { formatMeasured } from "../../format/numbers";
import type { ZoomRange } from "../../live/run-store";
import { timeUnit } from "../../ui/preferences";
import { saveFile } from "../../ui/save-file";
import { type CompareAxis, type CompareSearch, DEFAULT_SMOOTHING } from "./compare-search";
import { curvesCsv, drawnPoints, tableCsv } from "./comparison-csv";
import { type DrawnCurve, seedsText } from "./comparison-scene";
import type { CurveFigures } from "./figures";

interface ExportedComparison {
  readonly title: string;
  readonly curves: readonly DrawnCurve[];
  readonly figures: readonly CurveFigures[];
  readonly threshold: number | null;
  readonly x: CompareAxis;
  readonly search: CompareSearch;
}

interface DrawnComparison extends Omit<ExportedComparison, "x"> {
  readonly scene: Scene;
  readonly isSymlog: boolean;
  readonly x: ZoomRange;
  readonly y: ZoomRange;
}

export function comparisonSubject(comparison: DrawnComparison): ComparisonSubject {
  const { title, curves, threshold, scene, isSymlog, x, y, search } = comparison;
  const axis = search.x ?? "env_step";
  const key = curves.map((curve): KeyEntry => {
    const { hue, dash } = curveStyle(curve.index);
    return { text: `${curve.label}, ${seedsText(curve)}`, look: { kind: "line", hue, dash } };
  });
  if (threshold !== null) {
    key.push({ text: `solved at ${formatMeasured(threshold)}`, look: { kind: "threshold" } });
  }
  return {
    kind: "comparison",
    title: `${title}: episode return over ${axisLabel(axis, timeUnit())}`,
    fileName: fileName(title, "return"),
    unit: "reward",
    scene,
    key,
    axis,
    smoothing: search.smoothing ?? DEFAULT_SMOOTHING,
    x,
    y,
    isSymlog,
  };
}

export function comparisonTables(comparison: ExportedComparison): ExportTable[] {
  const { title, curves, figures, threshold, x } = comparison;
  const saveCsv = (text: string, ending: string) =>
    saveFile(new Blob([text], { type: "text/csv" }), `${fileName(title, ending)}.csv`);
  return [
    {
      label: "Figures of the table (CSV)",
      work: () => saveCsv(tableCsv(figures, threshold), "figures"),
    },
    {
      label: "Curves: means and bands (CSV)",
      work: () => saveCsv(curvesCsv(curves.flatMap(drawnPoints), x), "curves"),
    },
  ];
}

function fileName(title: string, ending: string): string {
  return `${title.replace(/[^\w.-]+/g, "-")}-${ending}`;
}
