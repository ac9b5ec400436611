/** A comparison as CSV: every figure of the table, and every point of the drawn curves, exact. */

import type { MeanCurve } from "../../statistics/mean-curve";
import type { DrawnCurve } from "./comparison-scene";
import type { CurveFigures, Spread } from "./figures";
import { describeReason } from "./members";

type Cell = string | number | null | undefined;

const TABLE_HEAD = [
  "kind",
  "curve",
  "run_id",
  "name",
  "group",
  "algorithm",
  "environment",
  "seed",
  "state",
  "steered",
  "left_out",
  "seeds",
  "env_steps",
  "training_seconds",
  "return_100",
  "return_100_low",
  "return_100_high",
  "return_100_iqm",
  "return_100_iqm_low",
  "return_100_iqm_high",
  "best_return_100",
  "best_return_100_low",
  "best_return_100_high",
  "threshold",
  "seeds_that_reached_it",
  "env_steps_to_threshold",
  "seconds_to_threshold",
];

/** A line for each curve, and one for each of its runs after it. */
export function tableCsv(figures: readonly CurveFigures[], threshold: number | null): string {
  const lines: Cell[][] = [TABLE_HEAD];
  for (const { curve, runs, seeds, last, best, envSteps, seconds } of figures) {
    lines.push([
      "curve",
      curve.label,
      ...new Array<Cell>(9).fill(""),
      seeds,
      "",
      "",
      ...spread(last),
      last?.iqm,
      ...(last?.iqmInterval ?? ["", ""]),
      ...spread(best),
      threshold,
      envSteps?.count,
      envSteps?.median,
      seconds?.median,
    ]);
    for (const { run, state, progress, last: now, best: most, reach, leftOut } of runs) {
      lines.push([
        "run",
        curve.label,
        run.id,
        run.name,
        run.group,
        run.spec.algorithm,
        run.environment.id,
        run.seed,
        state,
        run.steered ? "yes" : "no",
        leftOut === null ? "" : describeReason(leftOut),
        "",
        progress.env_steps,
        progress.seconds,
        now,
        ...new Array<Cell>(5).fill(""),
        most,
        "",
        "",
        threshold,
        "",
        reach?.envSteps,
        reach?.seconds,
      ]);
    }
  }
  return csv(lines);
}

export interface NamedMean {
  readonly label: string;
  readonly curve: Pick<MeanCurve, "band" | "seeds"> & {
    readonly x: ArrayLike<number>;
    readonly mean: ArrayLike<number>;
  };
}

/** What is drawn as the strong line of a curve; nothing while there is none. */
export function drawnPoints({ label, count, seeds, mean }: DrawnCurve): NamedMean[] {
  if (mean !== null) return [{ label, curve: mean }];
  const [only] = seeds;
  if (count !== 1 || only === undefined) return [];
  const { x, y } = only;
  return [{ label, curve: { x, mean: y, band: null, seeds: 1 } }];
}

/** @param xName of the axis, such as "env_step" */
export function curvesCsv(curves: readonly NamedMean[], xName: string): string {
  const lines: Cell[][] = [["curve", xName, "mean_return", "low_95", "high_95", "seeds"]];
  for (const { label, curve } of curves) {
    for (let i = 0; i < curve.x.length; i += 1) {
      lines.push([
        label,
        curve.x[i],
        curve.mean[i],
        curve.band?.low[i],
        curve.band?.high[i],
        curve.seeds,
      ]);
    }
  }
  return csv(lines);
}

function spread(values: Spread | null): Cell[] {
  return [values?.mean, ...(values?.interval ?? ["", ""])];
}

function csv(lines: readonly (readonly Cell[])[]): string {
  return `${lines.map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`;
}

/** RFC 4180. What a spreadsheet would take for a formula is text. */
function cell(value: Cell): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
