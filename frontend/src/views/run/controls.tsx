/** Start, pause, resume, step, stop and more: always there, and honest about when they apply. */

import { useCallback, useState } from "react";
import { type LifeCycleAction, saveCheckpoint, sendAction, sendStep } from "../../api/actions";
import type { Run } from "../../api/types";
import { useRunPart } from "../../live/hooks";
import type { RunStore } from "../../live/run-store";
import { ActionButton } from "../../ui/action-button";
import { useShortcut } from "../../ui/shortcuts";
import { hasEnded, type RunAction } from "./availability";
import styles from "./controls.module.css";
import { Fork } from "./fork";
import { useAvailability } from "./use-availability";
import { useCommands } from "./use-commands";
import { useGoingOn } from "./use-going-on";

const STEP_UPDATES = 1;

export function Controls({ run, store }: { run: Run; store: RunStore }) {
  const state = useRunPart(store, (view) => view.state);
  const unavailable = useAvailability();
  const { pending, send } = useCommands(store);
  const [isForking, setForking] = useState(false);
  const { goOn, dialog } = useGoingOn(run, store, send);
  const { runId } = store;

  const act = useCallback(
    (action: LifeCycleAction) => send(action, () => sendAction(runId, action)),
    [runId, send],
  );
  const step = () => send("step", () => sendStep(runId, STEP_UPDATES));
  const save = () => send("save", () => saveCheckpoint(runId));
  const can = (action: RunAction) => unavailable(action, state) === null && !pending.has(action);

  useShortcut(" ", () => {
    if (can("pause")) act("pause");
    else if (can("resume")) act("resume");
  });
  useShortcut("s", () => {
    if (can("step")) step();
  });
  useShortcut("f", () => {
    if (can("fork")) setForking(true);
  });
  useShortcut("c", () => {
    if (can("save")) save();
  });

  const common = (action: RunAction) => ({
    unavailable: unavailable(action, state),
    isPending: pending.has(action),
  });
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for form fields
    <div
      className={styles.controls}
      role="group"
      aria-label="Control of the run"
      data-explain="control.run"
    >
      <ActionButton
        icon="play"
        label={hasEnded(state) ? "Go on" : "Start"}
        isPrimary
        {...common("start")}
        onClick={goOn}
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
        icon="save"
        label="Checkpoint"
        shortcut="c"
        {...common("save")}
        onClick={save}
      />
      <ActionButton
        icon="fork"
        label="Fork"
        shortcut="f"
        {...common("fork")}
        onClick={() => setForking(true)}
      />
      {isForking && (
        <Fork run={run} store={store} checkpoint={null} onClose={() => setForking(false)} />
      )}
      {dialog}
    </div>
  );
}
