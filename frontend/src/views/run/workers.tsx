/** Every thread that trains: what it does, how fast, how stale its updates, what it died of. */

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { describeError } from "../../api/problem";
import { ACTIVE_STATES } from "../../api/queries";
import { workersQuery } from "../../api/records";
import type { Run, RunState, WorkerProcess, WorkerTable } from "../../api/types";
import { formatSpan } from "../../format/durations";
import { useRunPart } from "../../live/hooks";
import type { RunStore } from "../../live/run-store";
import { ActionButton } from "../../ui/action-button";
import { useTimeUnit } from "../../ui/preferences";
import tables from "../../ui/record-table.module.css";
import { StateGlyph } from "../../ui/state-glyph";
import { useAvailability } from "./use-availability";
import { useCommands } from "./use-commands";
import { useGoingOn } from "./use-going-on";
import { WorkerRow } from "./worker-row";
import {
  absentWorkers,
  roleText,
  tableSummary,
  workerGlyph,
  workerStateWord,
  workersOf,
} from "./worker-text";
import styles from "./workers.module.css";

export function Workers({ run, store }: { run: Run; store: RunStore }) {
  const state = useRunPart(store, (view) => view.state);
  const { data, error, refetch } = useQuery(workersQuery(store.runId, ACTIVE_STATES.has(state)));
  return (
    <section className={styles.workers} aria-label="Workers">
      {error !== null && (
        <p className={styles.error} role="alert">
          What the workers do can't be told: {describeError(error)}{" "}
          <Button size="compact-xs" onClick={() => void refetch()}>
            Try again
          </Button>
        </p>
      )}
      {data === undefined && error === null && (
        <p className={styles.quiet} role="status">
          Asking for the workers…
        </p>
      )}
      {data !== undefined && data.threads.length === 0 && (
        <p className={styles.quiet}>{absentWorkers(state)}</p>
      )}
      {data !== undefined && data.threads.length > 0 && (
        <Table table={data} state={state} run={run} store={store} />
      )}
    </section>
  );
}

interface TableProps {
  readonly table: WorkerTable;
  readonly state: RunState;
  readonly run: Run;
  readonly store: RunStore;
}

function Table({ table, state, run, store }: TableProps) {
  const { threads, processes } = table;
  return (
    <>
      <p className={styles.summary}>{tableSummary(table)}</p>
      <Rescue table={table} state={state} run={run} store={store} />
      <table className={`${tables.records} ${styles.table}`}>
        <thead>
          <tr>
            <th scope="col">Thread</th>
            <th scope="col">State</th>
            <th scope="col" className={styles.number}>
              Steps/s
            </th>
            <th scope="col" className={styles.number}>
              Env steps
            </th>
            <th scope="col" className={styles.number}>
              Episodes
            </th>
            <th scope="col" className={styles.number}>
              Last return
            </th>
            <th scope="col" className={styles.number}>
              Updates
            </th>
            <th scope="col" className={styles.number}>
              <abbr title="Updates of others between a pull and the push made from it, of the last second: least / mean / most">
                Policy lag
              </abbr>
            </th>
          </tr>
        </thead>
        {threads.map((thread) => (
          <WorkerRow
            key={`${thread.thread} ${thread.worker}`}
            thread={thread}
            hasProcesses={processes.length > 0}
            role={roleText(thread, threads)}
          />
        ))}
      </table>
      {processes.length > 0 && (
        <>
          <h3 className={styles.title}>Worker processes</h3>
          <ul className={styles.processes}>
            {processes.map((each) => (
              <Process key={each.process} process={each} table={table} />
            ))}
          </ul>
        </>
      )}
      <p className={styles.note}>
        Counted since the run's process took the training up. Dots on the chart have the colours of
        the workers.
      </p>
    </>
  );
}

/** What can be done about a thread that is not what it should be. */
function Rescue({ table, state, run, store }: TableProps) {
  const unavailable = useAvailability();
  const { pending, send } = useCommands(store);
  const { goOn, dialog } = useGoingOn(run, store, send);
  const hangs = table.threads.some((each) => each.state === "hanging");
  const broke = table.threads.some((each) => each.state === "failed" || each.state === "lost");
  if (hangs && ACTIVE_STATES.has(state)) {
    return (
      <p className={styles.rescue}>
        A thread that hangs in foreign code can't be ended by itself. Stop the run: it ends after 10
        s with the place where it hangs, and “Go on” takes it up from its newest checkpoint.
      </p>
    );
  }
  if (!broke || ACTIVE_STATES.has(state)) return null;
  return (
    <div className={styles.rescue}>
      <p>
        A worker that fails ends the run, so that nobody takes the rest for the whole. All threads
        are started anew from the newest checkpoint.
      </p>
      <ActionButton
        icon="play"
        label="Go on"
        unavailable={unavailable("start", state)}
        isPending={pending.has("start")}
        onClick={goOn}
      />
      {dialog}
    </div>
  );
}

function Process({ process, table }: { process: WorkerProcess; table: WorkerTable }) {
  const { state, start_s: startS, error } = process;
  const unit = useTimeUnit();
  return (
    <li>
      <StateGlyph state={workerGlyph(state)} />
      <b>process {process.process}</b>
      <span>{workerStateWord(state)}</span>
      <span>{workersOf(process.process, table.threads)}</span>
      <span>pid {process.pid}</span>
      {startS !== null && <span>up after {formatSpan(startS, unit)}</span>}
      {error !== null && <span className={styles.bad}>{error}</span>}
    </li>
  );
}
