/** One run: watched and steered live. */

import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useMemo, useRef } from "react";
import { ApiProblem, describeError } from "../../api/problem";
import {
  algorithmsQuery,
  environmentsQuery,
  hyperparametersQuery,
  runQuery,
} from "../../api/queries";
import type { AlgorithmDescription, Run } from "../../api/types";
import { useConnection, useRunPart, useRunStatus } from "../../live/hooks";
import { RunStore } from "../../live/run-store";
import { Later } from "../../ui/later";
import { PageLoading, PageMessage } from "../../ui/page-message";
import { useIdleModule, usePrinting } from "../../ui/printing";
import { RECORDS_PLACE } from "./alert-strip";
import { OVERVIEW_METRICS } from "./chart-sets";
import { Charts } from "./charts";
import { HyperparameterPanel } from "./hyperparameter-panel";
import { RewindToast } from "./rewind-toast";
import { RunHeader } from "./run-header";
import styles from "./run-page.module.css";
import { RunRecords } from "./run-records";
import { useRewind } from "./use-rewind";
import { DEFAULT_SMOOTHING, type RunSearch, zoomOf } from "./view-state";

interface RunPageProps {
  readonly runId: string;
  readonly search: RunSearch;
  readonly onSearch: (search: RunSearch) => void;
}

export function RunPage({ runId, search, onSearch }: RunPageProps) {
  const connection = useConnection();
  const queries = useQueryClient();
  const firstSearch = useRef(search);
  const store = useMemo(() => {
    const { x = "env_step", smoothing = DEFAULT_SMOOTHING } = firstSearch.current;
    return new RunStore(runId, {
      connection,
      sources: {
        run: () => queries.fetchQuery(runQuery(runId)),
        hyperparameters: () => queries.fetchQuery(hyperparametersQuery(runId)),
      },
      metrics: OVERVIEW_METRICS,
      view: { x, smoothing },
      range: zoomOf(firstSearch.current),
    });
  }, [runId, connection, queries]);
  useEffect(() => {
    store.open();
    return () => store.close();
  }, [store]);

  const status = useRunStatus(store);
  const run = useQuery(runQuery(runId));
  const algorithms = useQuery(algorithmsQuery);
  const error = (status.phase === "failed" ? status.error : null) ?? algorithms.error;
  if (error !== null) return <RunError error={error} onRetry={() => store.open()} />;
  if (status.phase !== "ready" || run.data === undefined || algorithms.data === undefined) {
    return <PageLoading what="the run" />;
  }
  return (
    <LoadedRun
      run={run.data}
      algorithms={algorithms.data}
      store={store}
      search={search}
      onSearch={onSearch}
    />
  );
}

interface LoadedRunProps {
  readonly run: Run;
  readonly algorithms: readonly AlgorithmDescription[];
  readonly store: RunStore;
  readonly search: RunSearch;
  readonly onSearch: (search: RunSearch) => void;
}

function LoadedRun({ run, algorithms, store, search, onSearch }: LoadedRunProps) {
  const queries = useQueryClient();
  const rewinding = useRewind(run, store);
  const state = useRunPart(store, (view) => view.state);
  const isPrinting = usePrinting();
  const paper = useIdleModule(() => import("./printed-settings"));
  const environments = useQuery(environmentsQuery);
  const environment = environments.data?.find(({ id }) => id === run.environment.id);
  const threshold = run.spec.budget.target_return ?? environment?.reward_threshold ?? null;
  // It can be switched while it trains.
  const mode = useRunPart(store, (view) => view.used.algorithm?.setting ?? run.algorithm);
  const algorithm = algorithms.find(({ name }) => name === mode);
  const labels = useMemo(
    () =>
      new Map(
        algorithms
          .flatMap(({ hyperparameters }) => hyperparameters)
          .map(({ name, label }) => [name, label]),
      ),
    [algorithms],
  );
  // The list shows the true state at once, not at its next look.
  useEffect(() => {
    if (state !== run.state) {
      void queries.invalidateQueries({ queryKey: ["runs"] });
      void queries.invalidateQueries({ queryKey: ["run", run.id] });
    }
  }, [state, run.state, run.id, queries]);
  useEffect(() => {
    document.title = `${run.name} · ${state} · Matinee`;
    return () => {
      document.title = "Matinee";
    };
  }, [run.name, state]);
  if (algorithm === undefined) {
    return (
      <PageMessage title="The run can't be shown">
        <p>This server does not know its training mode, {String(mode)}.</p>
      </PageMessage>
    );
  }
  return (
    <div className={styles.page}>
      <div className={styles.header}>
        <RunHeader run={run} store={store} />
        {isPrinting && paper !== null && (
          <paper.PrintedSettings run={run} store={store} algorithm={algorithm} />
        )}
      </div>
      <Charts
        run={run}
        store={store}
        algorithm={algorithm}
        algorithms={algorithms}
        labels={labels}
        threshold={threshold}
        search={search}
        onSearch={onSearch}
      />
      <aside className={styles.panel} aria-label="Hyperparameters">
        <Later>
          {() => (
            <HyperparameterPanel
              store={store}
              spec={run.spec}
              algorithm={algorithm}
              algorithms={algorithms}
            />
          )}
        </Later>
      </aside>
      <div className={styles.ledger} data-explain="control.records">
        <Later>
          {() => (
            <div id={RECORDS_PLACE} className={styles.records}>
              <RunRecords
                run={run}
                store={store}
                algorithm={algorithm}
                labels={labels}
                search={search}
                onSearch={onSearch}
                onRewind={rewinding.unavailable === null ? rewinding.ask : null}
              />
            </div>
          )}
        </Later>
      </div>
      <RewindToast store={store} rewinding={rewinding} labels={labels} />
      {rewinding.dialogs}
    </div>
  );
}

function RunError({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const isMissing = error instanceof ApiProblem && (error.status === 404 || error.status === 422);
  return (
    <PageMessage
      title={isMissing ? "There is no such run" : "The run can't be shown"}
      actions={
        <>
          {!isMissing && (
            <Button size="sm" variant="filled" onClick={onRetry}>
              Try again
            </Button>
          )}
          <Button size="sm" renderRoot={(props) => <Link {...props} to="/" />}>
            To the runs
          </Button>
        </>
      }
    >
      <p>
        {isMissing
          ? "It may have been deleted, or the address has a mistake."
          : describeError(error)}
      </p>
    </PageMessage>
  );
}
