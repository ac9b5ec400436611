/** What lies below the charts, a tab each: who plays, who works, what is kept, what happened. */

import { useQuery } from "@tanstack/react-query";
import { lazy } from "react";
import { checkpointsQuery } from "../../api/queries";
import type { AlgorithmDescription, Run } from "../../api/types";
import { useRunPart } from "../../live/hooks";
import type { RunStore } from "../../live/run-store";
import { raisedAlerts } from "../../live/run-view";
import { LatePanel } from "../../ui/late-panel";
import { Tabs } from "../../ui/tabs";
import { AlertStrip } from "./alert-strip";
import { troubleCount } from "./alert-text";
import { Ledger } from "./ledger";
import type { RewindTarget } from "./rewinding";
import { type RecordTab, type RunSearch, withTab } from "./view-state";

// Fetched when somebody looks: the first page is on the screen sooner.
const Agent = lazy(() => import("./agent").then((part) => ({ default: part.Agent })));
const Checkpoints = lazy(() =>
  import("./checkpoints").then((part) => ({ default: part.Checkpoints })),
);
const Alerts = lazy(() => import("./alerts").then((part) => ({ default: part.Alerts })));
const Log = lazy(() => import("./log").then((part) => ({ default: part.Log })));
const Workers = lazy(() => import("./workers").then((part) => ({ default: part.Workers })));

interface RunRecordsProps {
  readonly run: Run;
  readonly store: RunStore;
  /** Of the run's present mode. */
  readonly algorithm: AlgorithmDescription;
  readonly labels: ReadonlyMap<string, string>;
  readonly search: RunSearch;
  readonly onSearch: (search: RunSearch) => void;
  /** Null: the run can't go back anywhere. */
  readonly onRewind: ((target: RewindTarget) => void) | null;
}

export function RunRecords(props: RunRecordsProps) {
  const { run, store, algorithm, labels, search, onSearch, onRewind } = props;
  const seq = useRunPart(store, (view) => view.checkpointsSeq);
  const checkpoints = useQuery(checkpointsQuery(run.id, seq));
  const troubles = useRunPart(store, (view) => troubleCount(raisedAlerts(view)));
  const chosen: RecordTab = search.tab ?? "ledger";
  const panel = () => {
    switch (chosen) {
      case "agent":
        return (
          <LatePanel key={chosen} what="the agent">
            <Agent key={run.id} run={run} checkpoints={checkpoints.data} />
          </LatePanel>
        );
      case "workers":
        return (
          <LatePanel key={chosen} what="the workers">
            <Workers run={run} store={store} />
          </LatePanel>
        );
      case "checkpoints":
        return (
          <LatePanel key={chosen} what="the checkpoints">
            <Checkpoints
              run={run}
              store={store}
              checkpoints={checkpoints.data}
              error={checkpoints.error}
              onRetry={() => void checkpoints.refetch()}
            />
          </LatePanel>
        );
      case "alerts":
        return (
          <LatePanel key={chosen} what="the alerts">
            <Alerts
              store={store}
              algorithm={algorithm}
              search={search}
              onSearch={onSearch}
              onRewind={onRewind}
            />
          </LatePanel>
        );
      case "log":
        return (
          <LatePanel key={chosen} what="the log">
            <Log store={store} />
          </LatePanel>
        );
      default:
        return <Ledger store={store} labels={labels} />;
    }
  };
  return (
    <Tabs<RecordTab>
      label="Records of the run"
      tabs={[
        { name: "agent", label: "Agent", count: null },
        { name: "workers", label: "Workers", count: null },
        { name: "checkpoints", label: "Checkpoints", count: checkpoints.data?.length ?? null },
        { name: "ledger", label: "What happened", count: null },
        { name: "alerts", label: "Alerts", count: troubles === 0 ? null : troubles },
        { name: "log", label: "Log", count: null },
      ]}
      chosen={chosen}
      onChoose={(name) => onSearch(withTab(search, name))}
    >
      {/* Below the tabs: they stay where they are while alerts come and go. */}
      {chosen !== "alerts" && <AlertStrip store={store} onRewind={onRewind} />}
      {panel()}
    </Tabs>
  );
}
