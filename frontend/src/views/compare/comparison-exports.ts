/** A comparison to take away: pictures of the chart, and its figures. */

import { AXIS_LABELS } from "../../charts/axes";
import type { PlotHandle } from "../../charts/comparison-plot";
import { curveStyle } from "../../charts/curve-style";
import { downloadPng } from "../../charts/export-png";
import { downloadSvg } from "../../charts/export-svg";
import type { Scene } from "../../charts/scene";
import { saveFile } from "../../ui/save-file";
import type { CompareAxis } from "./compare-search";
import { curvesCsv, tableCsv } from "./comparison-csv";
import { type DrawnCurve, seedsText } from "./comparison-scene";
import type { CurveFigures } from "./figures";

interface ExportedComparison {
  readonly title: string;
  readonly curves: readonly DrawnCurve[];
  readonly figures: readonly CurveFigures[];
  readonly scene: Scene;
  readonly threshold: number | null;
  readonly x: CompareAxis;
  readonly isSymlog: boolean;
  readonly plot: () => PlotHandle | null;
}

export function comparisonExports(comparison: ExportedComparison) {
  const { title, curves, figures, scene, threshold, x, isSymlog, plot } = comparison;
  const heading = `${title}: episode return over ${AXIS_LABELS[x]}`;
  const key = curves.map((curve) => ({
    text: `${curve.label}, ${seedsText(curve)}`,
    ...curveStyle(curve.index),
  }));
  const fileName = (ending: string) => `${title.replace(/[^\w.-]+/g, "-")}-${ending}`;
  const saveCsv = (text: string, ending: string) =>
    saveFile(new Blob([text], { type: "text/csv" }), fileName(ending));
  return [
    {
      label: "This picture (PNG)",
      work: () => {
        const now = plot();
        if (now !== null) downloadPng(now.canvas, heading, fileName("return.png"), key);
      },
    },
    {
      label: "This picture (SVG)",
      work: () => {
        const now = plot();
        if (now === null) return;
        const { canvas, x: xRange, y } = now;
        const size = { width: canvas.clientWidth, height: canvas.clientHeight };
        downloadSvg(
          { scene, title: heading, xLabel: AXIS_LABELS[x], key, size, x: xRange, y, isSymlog },
          fileName("return.svg"),
        );
      },
    },
    {
      label: "Figures of the table (CSV)",
      work: () => saveCsv(tableCsv(figures, threshold), "figures.csv"),
    },
    {
      label: "Means and bands (CSV)",
      work: () => {
        const drawn = curves.flatMap(({ label, mean }) =>
          mean === null ? [] : [{ label, curve: mean }],
        );
        saveCsv(curvesCsv(drawn, x), "curves.csv");
      },
    },
  ];
}
