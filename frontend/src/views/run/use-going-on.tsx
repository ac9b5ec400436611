/** Taking up a run that has ended: asks for a larger budget where the old one is used up. */

import { type ReactNode, useState } from "react";
import { sendAction } from "../../api/actions";
import type { Run } from "../../api/types";
import { useRunPart } from "../../live/hooks";
import type { RunStore } from "../../live/run-store";
import { timeUnit } from "../../ui/preferences";
import { hasEnded } from "./availability";
import { GoOnDialog } from "./go-on-dialog";
import { budgetOf, type SpentLimit, spentLimits } from "./going-on";
import type { Commands } from "./use-commands";

export interface GoingOn {
  /** Starts it, or asks first. */
  readonly goOn: () => void;
  /** What is to be shown for it, somewhere. */
  readonly dialog: ReactNode;
}

export function useGoingOn(run: Run, store: RunStore, send: Commands["send"]): GoingOn {
  const state = useRunPart(store, (view) => view.state);
  const [spent, setSpent] = useState<readonly SpentLimit[]>([]);
  const { runId } = store;
  return {
    goOn: () => {
      const limits = hasEnded(state)
        ? spentLimits(budgetOf(run), store.view.progress, timeUnit())
        : [];
      if (limits.length === 0) send("start", () => sendAction(runId, "start"));
      else setSpent(limits);
    },
    dialog: spent.length > 0 && (
      <GoOnDialog runId={runId} limits={spent} checkpointId={null} onClose={() => setSpent([])} />
    ),
  };
}
