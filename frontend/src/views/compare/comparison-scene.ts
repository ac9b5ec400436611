/** The chart of a comparison: a mean and its band for each curve, each seed as a thin line. */

import { curveStyle } from "../../charts/curve-style";
import type { Scene, SceneBand, SceneLine } from "../../charts/scene";
import { formatMeasured } from "../../format/numbers";
import { type Curve, readOff } from "../../statistics/common-grid";
import type { MeanCurve } from "../../statistics/mean-curve";

export interface DrawnCurve {
  readonly key: string;
  readonly label: string;
  /** Of its hue and dash. */
  readonly index: number;
  /** Of the runs that count; those without an episode yet have none. */
  readonly seeds: readonly Curve[];
  /** Of those that are left out, but not hidden. */
  readonly others: readonly Curve[];
  /** Null while a seed has no episode yet. */
  readonly mean: MeanCurve | null;
  /** How many runs count, with an episode or not. */
  readonly count: number;
}

const LEFT_OUT_DASH = [1, 3];

export function comparisonScene(
  curves: readonly DrawnCurve[],
  threshold: number | null,
  showsSeeds: boolean,
): Scene {
  const bands: SceneBand[] = [];
  const thin: SceneLine[] = [];
  const strong: SceneLine[] = [];
  for (const { index, seeds, others, mean, count } of curves) {
    const { hue, dash } = curveStyle(index);
    for (const { x, y } of others) {
      thin.push({ x, y, hue, dash: LEFT_OUT_DASH, width: 1.2, opacity: 0.7 });
    }
    if (count === 1) {
      for (const { x, y } of seeds) strong.push({ x, y, hue, dash, width: 1.8, opacity: 1 });
      continue;
    }
    if (showsSeeds || mean === null) {
      const opacity = mean === null ? 0.7 : 0.35;
      for (const { x, y } of seeds) thin.push({ x, y, hue, dash: [], width: 1, opacity });
    }
    if (mean === null) continue;
    if (mean.band !== null) bands.push({ x: mean.x, ...mean.band, hue });
    strong.push({ x: mean.x, y: mean.mean, hue, dash, width: 2.2, opacity: 1 });
  }
  return { bands, lines: [...thin, ...strong], threshold };
}

/** What a curve has under the pointer: "431 [402, 470]"; at its end without one. */
export function readout(curve: DrawnCurve, cursor: number | null): string {
  const { mean, seeds, count } = curve;
  if (count === 1) {
    const only = seeds[0];
    if (only === undefined) return "–";
    const at = cursor ?? only.x[only.x.length - 1] ?? 0;
    return formatMeasured(readOff(only, [at])[0]);
  }
  if (mean === null) return "–";
  const end = mean.x.at(-1) ?? 0;
  const at = cursor ?? end;
  // Nothing is said where not every seed has a value.
  if (at > end) return "–";
  const index = mean.x.findLastIndex((x) => x <= at);
  if (index === -1) return "–";
  const value = formatMeasured(mean.mean[index]);
  if (mean.band === null) return value;
  const { low, high } = mean.band;
  return `${value} [${formatMeasured(low[index])}, ${formatMeasured(high[index])}]`;
}

/** The chart in words. */
export function describeComparison(curves: readonly DrawnCurve[]): string {
  if (curves.length === 0) return "comparison of returns: no curves";
  const parts = curves.map(
    (curve) => `${curve.label}: ${readout(curve, null)}, ${seedsText(curve)}`,
  );
  return `comparison of returns: ${parts.join("; ")}`;
}

/** "n = 3", or why it is less. */
export function seedsText({ seeds, count, mean }: DrawnCurve): string {
  const there = seeds.filter(({ x }) => x.length > 0).length;
  if (mean === null && count > 1) return `n = ${count}, ${there} begun`;
  return `n = ${count}`;
}
