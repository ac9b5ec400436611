/** Finds the run whose numbers are shown, and follows it. */

import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { algorithmsQuery, hyperparametersQuery, runQuery } from "../../api/queries";
import { runListQuery } from "../../api/run-lists";
import type { Run } from "../../api/types";
import { useConnection } from "../../live/hooks";
import { RunStore } from "../../live/run-store";
import type { LearnRun } from "./learn-run";
import { LAG } from "./widgets/lag-widget";

/** Of every mode; a run has values of some of them. */
const METRICS = [
  "start_value",
  "start_return",
  "value_max",
  "truncated_share",
  "advantage_mean",
  "advantage_std",
  "advantage_positive",
  "policy_loss",
  "log_probability_max",
  "value_loss",
  "explained_variance",
  "gradient_norm",
  "entropy",
  "entropy_fraction",
  "policy_std",
  "steps_per_second",
  "worker_steps_per_second",
  "gil_bound",
  "updates_per_second",
  "concurrent_pushes",
  "lost_update_bound",
  "policy_lag",
  "importance_ratio_mean",
  "importance_ratio_max",
  "importance_clipped",
  "behaviour_kl",
  "queue_fill",
  "queue_age_s",
  "learning_balance",
  "batch_samples",
  "clip_fraction",
  "approximate_kl",
  "epochs_done",
];
const VIEW = { x: "env_step", smoothing: 0.6 } as const;

export interface RunBeside {
  /** The newest ones. */
  readonly runs: readonly Run[];
  /** Null: none was asked for, and none has learned anything. */
  readonly chosen: Run | null;
  /** As soon as all about it is there. */
  readonly live: LearnRun | null;
  readonly isPending: boolean;
  readonly error: unknown;
}

export function useRunBeside(asked: string | undefined): RunBeside {
  const list = useInfiniteQuery(runListQuery());
  const runs = list.data?.pages[0]?.items ?? [];
  const newest = runs.find(({ progress }) => progress.updates > 0);
  const runId = asked ?? newest?.id ?? null;
  const run = useQuery({ ...runQuery(runId ?? ""), enabled: runId !== null });
  const algorithms = useQuery(algorithmsQuery);
  const store = useFollowed(runId);
  const phase = useSyncExternalStore(
    useMemo(() => (listener: () => void) => store?.onStatus(listener) ?? (() => {}), [store]),
    () => store?.status.phase ?? "loading",
  );
  const mode = useSyncExternalStore(
    useMemo(() => (listener: () => void) => store?.onStatus(listener) ?? (() => {}), [store]),
    // It can be switched while it trains.
    () => (phase === "ready" ? (store?.view.used.algorithm?.setting ?? null) : null),
  );
  const chosen = runId === null ? null : (run.data ?? null);
  const algorithm = algorithms.data?.find(({ name }) => name === (mode ?? chosen?.algorithm));
  const isReady = phase === "ready" && chosen !== null && algorithm !== undefined;
  useEffect(() => {
    if (store === null || !isReady || algorithm === undefined) return;
    store.setShown(
      METRICS,
      algorithm.histograms.filter(({ name }) => name === LAG),
    );
  }, [store, isReady, algorithm]);
  const live = useMemo(
    () =>
      isReady && store !== null && chosen !== null && algorithm !== undefined
        ? { run: chosen, store, algorithm }
        : null,
    [isReady, store, chosen, algorithm],
  );
  const failure = store?.status.phase === "failed" ? store.status.error : null;
  return {
    runs,
    chosen,
    live,
    isPending: list.isPending || (runId !== null && run.isPending),
    error: list.error ?? run.error ?? algorithms.error ?? failure,
  };
}

function useFollowed(runId: string | null): RunStore | null {
  const connection = useConnection();
  const queries = useQueryClient();
  const store = useMemo(
    () =>
      runId === null
        ? null
        : new RunStore(runId, {
            connection,
            sources: {
              run: () => queries.fetchQuery(runQuery(runId)),
              hyperparameters: () => queries.fetchQuery(hyperparametersQuery(runId)),
            },
            metrics: METRICS,
            view: VIEW,
            range: null,
          }),
    [runId, connection, queries],
  );
  useEffect(() => {
    store?.open();
    return () => store?.close();
  }, [store]);
  return store;
}
