/** What lies below the charts, a tab each: the agent at play, what happened, the checkpoints. */

import { useQuery } from "@tanstack/react-query";
import { checkpointsQuery } from "../../api/queries";
import type { Run } from "../../api/types";
import { useRunPart } from "../../live/hooks";
import type { RunStore } from "../../live/run-store";
import { Tabs } from "../../ui/tabs";
import { Agent } from "./agent";
import { Checkpoints } from "./checkpoints";
import { Ledger } from "./ledger";
import type { RunSearch } from "./view-state";

interface RunRecordsProps {
  readonly run: Run;
  readonly store: RunStore;
  readonly labels: ReadonlyMap<string, string>;
  readonly search: RunSearch;
  readonly onSearch: (search: RunSearch) => void;
}

export function RunRecords({ run, store, labels, search, onSearch }: RunRecordsProps) {
  const seq = useRunPart(store, (view) => view.checkpointsSeq);
  const checkpoints = useQuery(checkpointsQuery(run.id, seq));
  const chosen = search.tab ?? "ledger";
  return (
    <Tabs
      label="Records of the run"
      tabs={[
        { name: "agent", label: "Agent", count: null },
        { name: "ledger", label: "What happened", count: null },
        { name: "checkpoints", label: "Checkpoints", count: checkpoints.data?.length ?? null },
      ]}
      chosen={chosen}
      onChoose={(name) => {
        const { tab: _before, ...rest } = search;
        onSearch(name === "ledger" ? rest : { ...rest, tab: name });
      }}
    >
      {chosen === "agent" ? (
        <Agent key={run.id} run={run} checkpoints={checkpoints.data} />
      ) : chosen === "ledger" ? (
        <Ledger store={store} labels={labels} />
      ) : (
        <Checkpoints
          run={run}
          store={store}
          checkpoints={checkpoints.data}
          error={checkpoints.error}
          onRetry={() => void checkpoints.refetch()}
        />
      )}
    </Tabs>
  );
}
