/** What single tabs of a run's page read: they are loaded with those tabs. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { body, client } from "./client";
import type { TakenFile } from "./files";
import type { LogPage } from "./types";

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

/** What the run's process printed. */
export function fetchLog(
  runId: string,
  place: { readonly after?: number; readonly before?: number } = {},
): Promise<LogPage> {
  return body(
    client.GET("/api/v1/runs/{run_id}/log", {
      params: { path: { run_id: runId }, query: place },
    }),
  );
}

/** All of it, as a file. */
export async function fetchLogFile(runId: string): Promise<TakenFile> {
  const blob = await body<Blob>(
    client.GET("/api/v1/runs/{run_id}/log.txt", {
      params: { path: { run_id: runId } },
      parseAs: "blob",
    }) as Promise<{ data?: Blob }>,
  );
  return { name: `${runId}-log.txt`, blob };
}
