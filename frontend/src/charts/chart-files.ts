/**
 * Every chart as PNG, as SVG and on paper: the one place where they are made. Fetched when somebody
 * wants it. Files are always light, see `readLightPalette`.
 */

import type { SeriesAxis } from "../api/types";
import { formatMoment } from "../format/durations";
import { formatCount, formatExactCount } from "../format/numbers";
import { timeUnit } from "../ui/preferences";
import { saveFile } from "../ui/save-file";
import { axisLabel } from "./axes";
import type { ChartFile } from "./chart-file";
import type { ChartSubject, HistogramSubject, MetricSubject } from "./chart-subject";
import { drawChart } from "./drawing";
import { paintDrawing } from "./drawing-canvas";
import { svgOf } from "./drawing-svg";
import { heatChart } from "./heat-scene";
import { metricChart } from "./metric-scene";
import { readLightPalette } from "./palette";
import type { XUnit } from "./x-ticks";

export type PictureFormat = "png" | "svg";

/** The same for every chart, whatever the window: two files of one kind fit side by side. */
const FILE_SIZE = { width: 880, height: 420 };
const PNG_SCALE = 2;
const LARGE_PRINT = { width: 720, height: 280, isBare: true };
const SMALL_PRINT = { width: 352, height: 190, isBare: true };

export async function savePicture(subject: ChartSubject, format: PictureFormat): Promise<void> {
  const drawing = drawChart(describe(subject, new Date()), readLightPalette(), FILE_SIZE);
  const name = `${fileNameOf(subject)}.${format}`;
  if (format === "svg") {
    saveFile(new Blob([svgOf(drawing)], { type: "image/svg+xml" }), name);
    return;
  }
  // Canvas takes whatever font is there; the page's own may not have been used for bold yet.
  await document.fonts.load('600 13px "IBM Plex Sans Variable"');
  const canvas = paintDrawing(drawing, PNG_SCALE);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (blob === null) throw new Error("this browser can't write the picture");
  saveFile(blob, name);
}

/** For paper: without title and legend, which the page prints itself. */
export function printedChart(subject: ChartSubject, plotId: string): string {
  // Its heading stands above it already.
  const unit = subject.kind === "metric" ? subject.unit : null;
  const chart = describe(subject, new Date());
  const isLarge =
    subject.kind === "comparison" || (subject.kind === "metric" && subject.raw === "dots");
  const size = isLarge ? LARGE_PRINT : SMALL_PRINT;
  return svgOf(
    drawChart({ ...chart, yLabel: unit ?? chart.yLabel }, readLightPalette(), size),
    plotId,
  );
}

export function describe(subject: ChartSubject, now: Date): ChartFile {
  const at = formatMoment(now.toISOString());
  if (subject.kind === "comparison") {
    const { title, scene, key, axis, smoothing, x, y, isSymlog, unit } = subject;
    return {
      title,
      notes: [`smoothing ${smoothing} · Matinee, ${at}`],
      scene,
      key,
      xLabel: axisLabel(axis, timeUnit()),
      xUnit: unitOf(axis),
      yLabel: `episode return${inBrackets(unit)}`,
      x,
      y,
      yTicks: null,
      isSymlog,
    };
  }
  const { store, about, label } = subject;
  const { x: axis } = store.charts.view;
  const unit = subject.kind === "metric" ? subject.unit : subject.definition.unit;
  const drawn = subject.kind === "metric" ? metricChart(subject) : heatChart(subject);
  const isLog = drawn.isSymlog ? " · symmetric log scale" : "";
  return {
    ...drawn,
    title: `${about.name}: ${label}`,
    notes: [about.facts.join(" · "), `${thinned(subject)}Matinee, ${at}${isLog}`],
    xLabel: axisLabel(axis, timeUnit()),
    xUnit: unitOf(axis),
    yLabel: subject.kind === "metric" ? `${label}${inBrackets(unit)}` : unit,
  };
}

function unitOf(axis: SeriesAxis): XUnit {
  return axis === "seconds" ? timeUnit() : null;
}

function inBrackets(unit: string): string {
  return unit === "" ? "" : ` (${unit})`;
}

/** A picture of fewer points than were recorded says so. */
function thinned(subject: MetricSubject | HistogramSubject): string {
  if (subject.kind === "histogram") return "";
  const samples = subject.store.charts.samples(subject.name);
  if (samples === null || samples.rows <= samples.length) return "";
  return `${formatExactCount(samples.length)} of ${formatCount(samples.rows)} points, extremes kept · `;
}

function fileNameOf(subject: ChartSubject): string {
  if (subject.kind === "comparison") return subject.fileName;
  const name = subject.name === "episode_return" ? "return" : subject.name;
  return `${subject.about.id}-${name}`;
}
