/** The points that draw a schedule. */

import type { Schedule } from "../api/types";
import { settingValue } from "../live/schedules";

export interface PlottedSchedule {
  readonly begin: number;
  readonly end: number;
  readonly low: number;
  readonly high: number;
  readonly points: readonly (readonly [envStep: number, value: number])[];
}

const SAMPLES = 64;
/** What comes after the last change is drawn, too: the value stays. */
const TAIL_SHARE = 0.12;

/**
 * Null where a curve can't be drawn, such as an exponential one that ends at 0.
 *
 * @param envStep where the run is: there a ramp without a beginning of its own begins
 */
export function plotSchedule(schedule: Schedule, envStep: number): PlottedSchedule | null {
  const isSteps = schedule.schedule === "piecewise";
  const steps = isSteps ? schedule.points.map((point) => point.env_step) : [];
  const start = isSteps ? Math.min(envStep, ...steps) : (schedule.from_env_step ?? envStep);
  const last = isSteps ? Math.max(envStep, ...steps) : schedule.until_env_step;
  if (!(last > start)) return null;
  const end = last + (last - start) * TAIL_SHARE;
  const grid = Array.from({ length: SAMPLES + 1 }, (_, i) => start + ((end - start) * i) / SAMPLES);
  // A step is drawn upright: just before it the value is still the old one.
  const corners = steps.flatMap((step) => [step - (end - start) * 1e-6, step]);
  const places = [...grid, ...corners]
    .filter((place) => place >= start && place <= end)
    .sort((a, b) => a - b);
  const points = places.map(
    (place) => [place, Number(settingValue(schedule, place, start))] as const,
  );
  const values = points.map(([, value]) => value);
  if (!values.every(Number.isFinite)) return null;
  return { begin: start, end, low: Math.min(...values), high: Math.max(...values), points };
}
