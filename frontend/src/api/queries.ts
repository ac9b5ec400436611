/** What the page reads, as TanStack Query options: one function for each resource. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { pathTo } from "../format/addresses";
import { body, client } from "./client";
import type { Event, EventType, HistogramSet, Preset, RunState, Series, SeriesAxis } from "./types";

/** Long enough for a lesson: catalogues change only with the server. */
const CATALOGUE_STALE_MS = 600_000;
const RUNS_REFETCH_MS = 2_000;
const EVENTS_PER_PAGE = 1_000;
/** What lies beyond comes with the live stream. */
const LEDGER_PAGES_MAX = 20;

export const ACTIVE_STATES: ReadonlySet<RunState> = new Set([
  "queued",
  "starting",
  "running",
  "paused",
  "stopping",
]);

export const systemQuery = queryOptions({
  queryKey: ["system"],
  queryFn: () => body(client.GET("/api/v1/system")),
  staleTime: CATALOGUE_STALE_MS,
});

/** Who we are to the server, and what we may do. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: () => body(client.GET("/api/v1/me")),
  staleTime: CATALOGUE_STALE_MS,
});

/** Counted anew each time: records grow. */
export const storageQuery = queryOptions({
  queryKey: ["storage"],
  queryFn: () => body(client.GET("/api/v1/system/storage")),
  staleTime: 0,
});

export const presetsQuery = queryOptions({
  queryKey: ["presets"],
  // openapi-fetch widens the pairs of a measured curve to arrays of any length.
  queryFn: async () => (await body(client.GET("/api/v1/presets"))).items as Preset[],
  staleTime: CATALOGUE_STALE_MS,
});

export const environmentsQuery = queryOptions({
  queryKey: ["environments"],
  queryFn: async () => (await body(client.GET("/api/v1/environments"))).items,
  staleTime: CATALOGUE_STALE_MS,
});

export const algorithmsQuery = queryOptions({
  queryKey: ["algorithms"],
  queryFn: async () => (await body(client.GET("/api/v1/algorithms"))).items,
  staleTime: CATALOGUE_STALE_MS,
});

export const alertRulesQuery = queryOptions({
  queryKey: ["alert-rules"],
  queryFn: async () => (await body(client.GET("/api/v1/alert-rules"))).items,
  staleTime: CATALOGUE_STALE_MS,
});

export function runQuery(runId: string) {
  return queryOptions({
    queryKey: ["run", runId],
    queryFn: () =>
      body(client.GET("/api/v1/runs/{run_id}", { params: { path: { run_id: runId } } })),
    // Its place in the queue, and what it can't write down, come with no event.
    refetchInterval: ({ state: { data } }) =>
      data !== undefined && ACTIVE_STATES.has(data.state) ? RUNS_REFETCH_MS : false,
  });
}

export function hyperparametersQuery(runId: string) {
  return queryOptions({
    queryKey: ["hyperparameters", runId],
    queryFn: () =>
      body(
        client.GET("/api/v1/runs/{run_id}/hyperparameters", {
          params: { path: { run_id: runId } },
        }),
      ),
  });
}

/** Newest first. @param seq of the event after which the list became what it is */
export function checkpointsQuery(runId: string, seq: number) {
  return queryOptions({
    queryKey: ["checkpoints", runId, seq],
    queryFn: async () =>
      (
        await body(
          client.GET("/api/v1/runs/{run_id}/checkpoints", {
            params: { path: { run_id: runId } },
          }),
        )
      ).items,
    placeholderData: keepPreviousData,
  });
}

/** What a rewind or a fork goes on with; a checkpoint does not change. */
export function checkpointSettingsQuery(runId: string, checkpointId: string) {
  return queryOptions({
    queryKey: ["checkpoint settings", runId, checkpointId],
    queryFn: () =>
      body(
        client.GET("/api/v1/runs/{run_id}/checkpoints/{checkpoint_id}/settings", {
          params: { path: { run_id: runId, checkpoint_id: checkpointId } },
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export interface SeriesRequest {
  readonly runId: string;
  readonly metrics: readonly string[];
  readonly x: SeriesAxis;
  readonly smoothing: number;
  readonly points: number;
  /** Only rows with x in here. */
  readonly range?: readonly [number, number];
}

export function fetchSeries(request: SeriesRequest, signal?: AbortSignal): Promise<Series> {
  return body(
    client.GET("/api/v1/runs/{run_id}/series", {
      params: {
        path: { run_id: request.runId },
        query: {
          metric: [...request.metrics],
          x: request.x,
          smoothing: request.smoothing,
          points: request.points,
          ...(request.range === undefined ? {} : { from: request.range[0], to: request.range[1] }),
        },
      },
      ...(signal === undefined ? {} : { signal }),
    }),
  );
}

export interface HistogramsRequest {
  readonly runId: string;
  readonly names: readonly string[];
  readonly x: SeriesAxis;
  readonly points: number;
  /** Only rows with x in here. */
  readonly range?: readonly [number, number];
}

export function fetchHistograms(
  request: HistogramsRequest,
  signal?: AbortSignal,
): Promise<HistogramSet> {
  return body(
    client.GET("/api/v1/runs/{run_id}/histograms", {
      params: {
        path: { run_id: request.runId },
        query: {
          histogram: [...request.names],
          x: request.x,
          points: request.points,
          ...(request.range === undefined ? {} : { from: request.range[0], to: request.range[1] }),
        },
      },
      ...(signal === undefined ? {} : { signal }),
    }),
  );
}

export interface EventHistory {
  readonly events: readonly Event[];
  /** The cursor after these events. */
  readonly next: number;
}

/** All events of these types, oldest first. */
export async function fetchEventHistory(
  runId: string,
  types: readonly EventType[],
  signal: AbortSignal,
): Promise<EventHistory> {
  const events: Event[] = [];
  let after = 0;
  for (let pages = 0; pages < LEDGER_PAGES_MAX; pages += 1) {
    const page = await body(
      client.GET("/api/v1/runs/{run_id}/events", {
        params: {
          path: { run_id: runId },
          query: { after, limit: EVENTS_PER_PAGE, types: [...types] },
        },
        signal,
      }),
    );
    events.push(...page.events);
    const atEnd = page.next === after || page.events.length < EVENTS_PER_PAGE;
    after = page.next;
    if (atEnd) break;
  }
  return { events, next: after };
}

/** The exact, complete record of a run's episodes or metrics, for a download link. */
export function exportUrl(runId: string, table: "episodes" | "metrics" | "histograms"): string {
  return pathTo(`/api/v1/runs/${encodeURIComponent(runId)}/${table}.csv`);
}

/** The same of one metric, or of one histogram. */
export function seriesExportUrl(runId: string, kind: "metric" | "histogram", name: string): string {
  return `${exportUrl(runId, `${kind}s`)}?${kind}=${encodeURIComponent(name)}`;
}

/** Films of episodes, newest first. */
export function recordingsQuery(runId: string) {
  return queryOptions({
    queryKey: ["recordings", runId],
    queryFn: async () =>
      (
        await body(
          client.GET("/api/v1/runs/{run_id}/recordings", {
            params: { path: { run_id: runId } },
          }),
        )
      ).items,
  });
}
