/** Start, pause, resume, step, stop, abort: always there, and honest about when they apply. */

import { useCallback, useState } from "react";
import { type LifeCycleAction, sendAction, sendStep } from "../../api/actions";
import { useRunPart } from "../../live/hooks";
import type { RunStore } from "../../live/run-store";
import { ActionButton } from "../../ui/action-button";
import { Confirm } from "../../ui/confirm";
import { useShortcut } from "../../ui/shortcuts";
import { type RunAction, unavailableReason } from "./availability";
import styles from "./controls.module.css";
import { useCommands } from "./use-commands";

const STEP_UPDATES = 1;

export function Controls({ store }: { store: RunStore }) {
  const state = useRunPart(store, (view) => view.state);
  const { pending, send } = useCommands(store);
  const [isAsking, setAsking] = useState(false);
  const { runId } = store;

  const act = useCallback(
    (action: LifeCycleAction) => send(action, () => sendAction(runId, action)),
    [runId, send],
  );
  const step = () => send("step", () => sendStep(runId, STEP_UPDATES));
  const can = (action: RunAction) =>
    unavailableReason(action, state) === null && !pending.has(action);

  useShortcut(" ", () => {
    if (can("pause")) act("pause");
    else if (can("resume")) act("resume");
  });
  useShortcut("s", () => {
    if (can("step")) step();
  });

  const common = (action: RunAction) => ({
    unavailable: unavailableReason(action, state),
    isPending: pending.has(action),
  });
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for form fields
    <div className={styles.controls} role="group" aria-label="Control of the run">
      <ActionButton
        icon="play"
        label="Start"
        isPrimary
        {...common("start")}
        onClick={() => act("start")}
      />
      <ActionButton
        icon="pause"
        label="Pause"
        shortcut="space"
        isPrimary
        {...common("pause")}
        onClick={() => act("pause")}
      />
      <ActionButton
        icon="play"
        label="Resume"
        shortcut="space"
        isPrimary
        {...common("resume")}
        onClick={() => act("resume")}
      />
      <ActionButton icon="step" label="Step" shortcut="s" {...common("step")} onClick={step} />
      <ActionButton icon="stop" label="Stop" {...common("stop")} onClick={() => act("stop")} />
      <ActionButton
        icon="abort"
        label="Abort"
        isDangerous
        {...common("abort")}
        onClick={() => setAsking(true)}
      />
      <Confirm
        title="Abort this run?"
        action="Abort now"
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() => act("abort")}
      >
        <p>
          It ends at once, without a last checkpoint and without a test. Everything recorded so far
          is kept: curves, changes, earlier checkpoints.
        </p>
        <p>Stop, instead, finishes the rollout, saves a checkpoint and plays the test episodes.</p>
      </Confirm>
    </div>
  );
}
