/** Lists of runs: all of them a page at a time, or those that somebody compares. */

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { body, client } from "./client";
import { ApiProblem } from "./problem";
import { ACTIVE_STATES } from "./queries";
import type { Run, RunState } from "./types";

const RUNS_PER_PAGE = 100;
const MOST_PER_PAGE = 200;
const REFETCH_MS = 2_000;
const IDLE_REFETCH_MS = 15_000;

export type Activity = "active" | "ended";

const ENDED_STATES: readonly RunState[] = [
  "created",
  "finished",
  "stopped",
  "aborted",
  "failed",
  "interrupted",
];

export interface RunListFilter {
  /** In name, group, tags, notes, environment or id. */
  readonly text?: string;
  /** Null: both. */
  readonly activity?: Activity | null;
}

/** Runs, newest first; the more pages are open, the less often they are looked at again. */
export function runListQuery({ text = "", activity = null }: RunListFilter = {}) {
  return infiniteQueryOptions({
    queryKey: ["runs", "list", text, activity],
    queryFn: ({ pageParam }) =>
      body(
        client.GET("/api/v1/runs", {
          params: {
            query: {
              limit: RUNS_PER_PAGE,
              ...(text === "" ? {} : { q: text }),
              ...(activity === null
                ? {}
                : { state: activity === "active" ? [...ACTIVE_STATES] : [...ENDED_STATES] }),
              ...(pageParam === null ? {} : { cursor: pageParam }),
            },
          },
        }),
      ),
    // Who types must not lose the box in which they type.
    placeholderData: keepPreviousData,
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
    refetchInterval: ({ state: { data } }) => {
      const pages = data?.pages ?? [];
      const isBusy = pages.some(({ items }) => items.some(({ state }) => ACTIVE_STATES.has(state)));
      return (isBusy ? REFETCH_MS : IDLE_REFETCH_MS) * Math.max(1, pages.length);
    },
  });
}

export interface ComparedRuns {
  /** Oldest first. */
  readonly runs: readonly Run[];
  /** Named, but there is no such run; it may have been deleted. */
  readonly missing: readonly string[];
}

/** Runs by their ids, and all runs of some groups. */
export function comparedRunsQuery(ids: readonly string[], groups: readonly string[]) {
  const isPart = (runs: readonly Run[]) =>
    runs.every(({ id, group }) => ids.includes(id) || groups.includes(group ?? ""));
  return queryOptions<ComparedRuns>({
    queryKey: ["runs", "compared", ids, groups],
    queryFn: async ({ signal }): Promise<ComparedRuns> => {
      const lists = await Promise.all(groups.map((group) => fetchGroup(group, signal)));
      const found = new Map(lists.flat().map((run) => [run.id, run]));
      const missing: string[] = [];
      if (ids.some((id) => !found.has(id))) {
        // One look at the newest answers for most of them.
        const newest = await fetchPage({ limit: MOST_PER_PAGE }, signal);
        const byId = new Map(newest.items.map((run) => [run.id, run]));
        const rest = await Promise.all(
          ids
            .filter((id) => !found.has(id))
            .map(async (id) => [id, byId.get(id) ?? (await fetchRun(id, signal))] as const),
        );
        for (const [id, run] of rest) {
          if (run === null) missing.push(id);
          else found.set(id, run);
        }
      }
      const runs = [...found.values()].sort(
        (a, b) => a.created_at.localeCompare(b.created_at) || a.id.localeCompare(b.id),
      );
      return { runs, missing };
    },
    // A comparison to which runs are added goes on with those that it has.
    placeholderData: (before) => (before !== undefined && isPart(before.runs) ? before : undefined),
    refetchInterval: ({ state: { data } }) =>
      data?.runs.some(({ state }) => ACTIVE_STATES.has(state)) ? REFETCH_MS : IDLE_REFETCH_MS,
  });
}

async function fetchGroup(group: string, signal: AbortSignal): Promise<Run[]> {
  const runs: Run[] = [];
  let cursor: string | null = null;
  do {
    const query: Query = { group, limit: MOST_PER_PAGE, ...(cursor === null ? {} : { cursor }) };
    const page: Awaited<ReturnType<typeof fetchPage>> = await fetchPage(query, signal);
    runs.push(...page.items);
    cursor = page.next_cursor ?? null;
  } while (cursor !== null);
  return runs;
}

interface Query {
  readonly limit: number;
  readonly group?: string;
  readonly cursor?: string;
}

function fetchPage(query: Query, signal: AbortSignal) {
  return body(client.GET("/api/v1/runs", { params: { query }, signal }));
}

async function fetchRun(runId: string, signal: AbortSignal): Promise<Run | null> {
  try {
    return await body(
      client.GET("/api/v1/runs/{run_id}", { params: { path: { run_id: runId } }, signal }),
    );
  } catch (error) {
    const isMissing = error instanceof ApiProblem && [404, 422].includes(error.status);
    if (isMissing) return null;
    throw error;
  }
}
