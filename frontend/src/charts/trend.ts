/** A chart in words, for people who can't see it. */

import { formatMeasured } from "../format/numbers";
import type { SampleBuffer } from "../live/sample-buffer";

/** Below this share of the whole range, a change is noise. */
const STEADY_SHARE = 0.05;

/** "episode return: 371 reward, rising; between 12 and 431 over 2,000 points". */
export function describeSamples(label: string, unit: string, samples: SampleBuffer | null): string {
  const { length } = samples ?? { length: 0 };
  if (samples === null || length === 0) return `${label}: no values yet`;
  const { line } = samples;
  const last = line[length - 1] ?? Number.NaN;
  const earlier = line[Math.max(0, Math.floor(length * 0.8) - 1)] ?? last;
  let low = last;
  let high = last;
  for (const value of line) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const change = high > low ? (last - earlier) / (high - low) : 0;
  const trend = Math.abs(change) < STEADY_SHARE ? "steady" : change > 0 ? "rising" : "falling";
  const now = unit === "" ? formatMeasured(last) : `${formatMeasured(last)} ${unit}`;
  const range = `between ${formatMeasured(low)} and ${formatMeasured(high)}`;
  return `${label}: ${now}, ${trend}; ${range} over ${length} points`;
}
