/** What single tabs of a run's page read: they are loaded with those tabs. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { body, client } from "./client";

/** As often as the run tells. */
const WORKERS_REFETCH_MS = 1_000;

/** What every thread does. @param trains whether there is more to come */
export function workersQuery(runId: string, trains: boolean) {
  return queryOptions({
    queryKey: ["workers", runId, trains],
    queryFn: () =>
      body(client.GET("/api/v1/runs/{run_id}/workers", { params: { path: { run_id: runId } } })),
    placeholderData: keepPreviousData,
    refetchInterval: trains ? WORKERS_REFETCH_MS : false,
  });
}
