/** Which part of the samples is in view, and how far it reaches. */

import type { SampleBuffer } from "../live/sample-buffer";
import { symlogMargin } from "./symlog";

const MARGIN_SHARE = 0.06;

/** Indexes [first, last] of the samples with x in the range; one beyond on each side. */
export function visibleIndexes(x: Float64Array, min: number, max: number): [number, number] {
  const first = Math.max(0, lowerBound(x, min) - 1);
  const last = Math.min(x.length - 1, lowerBound(x, max));
  return [first, last];
}

/** Lowest and highest raw value or line in view; null if nothing is. */
export function valueExtent(
  samples: SampleBuffer,
  min: number,
  max: number,
): [number, number] | null {
  const [first, last] = visibleIndexes(samples.x, min, max);
  const { low, high, line } = samples;
  let bottom = Number.POSITIVE_INFINITY;
  let top = Number.NEGATIVE_INFINITY;
  for (let i = first; i <= last; i += 1) {
    bottom = Math.min(bottom, low[i] ?? bottom, line[i] ?? bottom);
    top = Math.max(top, high[i] ?? top, line[i] ?? top);
  }
  return Number.isFinite(bottom) && Number.isFinite(top) ? [bottom, top] : null;
}

/** Averages of equal numbers differ in the last digits; that is no variation to be shown large. */
const ROUNDING_SHARE = 1e-9;

/** The range of a y axis: a little more than its values; around a constant, half of it. */
export function withMargin(min: number, max: number, share: number): [number, number] {
  const size = Math.max(Math.abs(min), Math.abs(max));
  const margin = max - min > size * ROUNDING_SHARE ? (max - min) * share : size / 2 || 0.5;
  return [min - margin, max + margin];
}

/** The y axis of a metric; null while it has neither values nor landmarks. */
export function metricRange(
  values: readonly [number, number] | null,
  look: { readonly unit: string; readonly threshold: number | null; readonly isSymlog: boolean },
): [number, number] | null {
  // Shares show their whole range, so that two runs can be compared at a glance.
  const landmarks = look.unit === "share" ? [0, 1] : [];
  if (look.threshold !== null) landmarks.push(look.threshold);
  const all = [...landmarks, ...(values ?? [])];
  if (all.length === 0) return null;
  const margin = look.isSymlog ? symlogMargin : withMargin;
  return margin(Math.min(...all), Math.max(...all), MARGIN_SHARE);
}

/** Index of the newest sample at or before x; null if there is none. */
export function sampleAt(x: Float64Array, at: number): number | null {
  const index = lowerBound(x, at);
  if (x[index] === at) return index;
  return index === 0 ? null : index - 1;
}

function lowerBound(x: Float64Array, value: number): number {
  let low = 0;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((x[middle] ?? Number.POSITIVE_INFINITY) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
