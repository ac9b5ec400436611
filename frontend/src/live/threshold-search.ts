/** Finds in a run's record when its mean return of 100 episodes first reached a threshold. */

import type { SeriesRequest } from "../api/queries";
import type { AxisStretch, Series, SeriesAxis } from "../api/types";
import { findReach, type RisingSeries } from "../statistics/reaching";

export interface Reach {
  readonly envSteps: number;
  readonly seconds: number;
}

/** The best mean of 100 consecutive episodes so far: it never falls. */
export const BEST_METRIC = "best_return_100";
const POINTS = 2_000;
/** Beyond every record, and as far as the API lets ask. */
const FARTHEST = 1e15;

/** To the row of the record, a fraction of a second; null if it never did. */
export async function searchReach(
  runId: string,
  threshold: number,
  seriesOf: (request: SeriesRequest) => Promise<Series>,
): Promise<Reach | null> {
  const over = (x: SeriesAxis) =>
    findReach(async (from, to) => {
      const series = await seriesOf({
        runId,
        metrics: [BEST_METRIC],
        x,
        smoothing: 0,
        points: POINTS,
        range: [from ?? 0, to ?? FARTHEST],
      });
      return withoutAbandoned(series.metrics[BEST_METRIC], series.abandoned);
    }, threshold);
  const [envSteps, seconds] = await Promise.all([over("env_step"), over("seconds")]);
  return envSteps === null || seconds === null ? null : { envSteps, seconds };
}

/** What a run went back behind counts for nothing. */
function withoutAbandoned(
  series: RisingSeries | undefined,
  stretches: readonly AxisStretch[],
): RisingSeries {
  const { x = [], max = [], count = [] } = series ?? {};
  const kept = x.flatMap((at, i) =>
    stretches.some(({ begin, end }) => begin < at && at <= end) ? [] : [i],
  );
  const pick = (column: readonly number[]) => kept.map((i) => column[i] ?? Number.NaN);
  return { x: pick(x), max: pick(max), count: pick(count) };
}
