/** Going back to a checkpoint: asks first, and for a larger budget where that is used up. */

import { type ReactNode, useCallback, useState } from "react";
import { sendRewind } from "../../api/actions";
import type { Run } from "../../api/types";
import { useRunPart } from "../../live/hooks";
import type { RunStore } from "../../live/run-store";
import { timeUnit } from "../../ui/preferences";
import { hasEnded } from "./availability";
import { GoOnDialog } from "./go-on-dialog";
import { budgetOf, type SpentLimit, spentLimits } from "./going-on";
import { RewindDialog } from "./rewind-dialog";
import type { RewindTarget } from "./rewinding";
import { useAvailability } from "./use-availability";
import { useCommands } from "./use-commands";

export interface Rewinding {
  readonly ask: (target: RewindTarget) => void;
  /** Why the run can't go back anywhere; null if it can. */
  readonly unavailable: string | null;
  /** Whether it is on its way to this checkpoint. */
  readonly isPending: (checkpointId: string) => boolean;
  /** What is to be shown for it, somewhere. */
  readonly dialogs: ReactNode;
}

export function useRewind(run: Run, store: RunStore): Rewinding {
  const unavailable = useAvailability();
  const state = useRunPart(store, (view) => view.state);
  const { pending, send } = useCommands(store);
  const [asked, setAsked] = useState<RewindTarget | null>(null);
  const [spent, setSpent] = useState<{
    readonly limits: readonly SpentLimit[];
    readonly checkpointId: string;
  } | null>(null);
  const { runId } = store;
  const rewind = ({ id }: RewindTarget) => {
    const limits = hasEnded(state)
      ? spentLimits(budgetOf(run), store.view.progress, timeUnit())
      : [];
    if (limits.length === 0) send("rewind", () => sendRewind(runId, id), `rewind ${id}`);
    else setSpent({ limits, checkpointId: id });
  };
  return {
    ask: useCallback((target: RewindTarget) => setAsked(target), []),
    unavailable: unavailable("rewind", state),
    isPending: (checkpointId) => pending.has(`rewind ${checkpointId}`),
    dialogs: (
      <>
        {asked !== null && (
          <RewindDialog
            target={asked}
            state={state}
            envSteps={store.view.progress.env_steps}
            onConfirm={() => rewind(asked)}
            onClose={() => setAsked(null)}
          />
        )}
        {spent !== null && (
          <GoOnDialog
            runId={runId}
            limits={spent.limits}
            checkpointId={spent.checkpointId}
            onClose={() => setSpent(null)}
          />
        )}
      </>
    ),
  };
}
