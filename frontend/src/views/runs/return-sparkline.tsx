/** How the return of a run went, small; fetched when it comes into view. */

import { useInViewport } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { ACTIVE_STATES, fetchSeries } from "../../api/queries";
import type { Run } from "../../api/types";
import { Curve } from "../../charts/curve";
import { RETURN_METRIC } from "../../live/run-charts";

const POINTS = 60;
const SMOOTHING = 0.9;
const ACTIVE_REFETCH_MS = 5_000;

interface ReturnSparklineProps {
  readonly run: Run;
  readonly width: number;
  readonly height: number;
}

export function ReturnSparkline({ run, width, height }: ReturnSparklineProps) {
  const { ref, inViewport } = useInViewport<HTMLSpanElement>();
  const isActive = ACTIVE_STATES.has(run.state);
  const { data: points = [] } = useQuery({
    queryKey: ["sparkline", run.id, isActive ? "active" : run.last_seq],
    queryFn: async ({ signal }) => {
      const request = {
        runId: run.id,
        metrics: [RETURN_METRIC],
        x: "env_step",
        smoothing: SMOOTHING,
        points: POINTS,
      } as const;
      const { abandoned, metrics } = await fetchSeries(request, signal);
      const history = metrics[RETURN_METRIC];
      return (history?.x ?? [])
        .map((x, i) => [x, history?.mean[i] ?? 0] as const)
        .filter(([x]) => !abandoned.some(({ begin, end }) => begin < x && x <= end));
    },
    enabled: inViewport && run.progress.episodes > 1,
    refetchInterval: isActive && run.state !== "paused" ? ACTIVE_REFETCH_MS : false,
    staleTime: isActive ? 0 : Number.POSITIVE_INFINITY,
  });
  return (
    <span ref={ref}>
      <Curve points={points} width={width} height={height} />
    </span>
  );
}
