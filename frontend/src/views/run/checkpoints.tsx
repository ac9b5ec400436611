/** The checkpoints of a run: save one, keep one, go back to one. */

import { Button } from "@mantine/core";
import { useState } from "react";
import { pinCheckpoint, saveCheckpoint } from "../../api/actions";
import { describeError } from "../../api/problem";
import type { Checkpoint, Run } from "../../api/types";
import { useNow, useRunPart } from "../../live/hooks";
import type { RunStore } from "../../live/run-store";
import { ActionButton } from "../../ui/action-button";
import tables from "../../ui/record-table.module.css";
import { useLookingOn } from "../../ui/use-looking-on";
import { CheckpointRow } from "./checkpoint-row";
import styles from "./checkpoints.module.css";
import { Fork } from "./fork";
import { useAvailability } from "./use-availability";
import { useCommands } from "./use-commands";
import { useRewind } from "./use-rewind";

const AGES_EVERY_MS = 1_000;

interface CheckpointsProps {
  readonly run: Run;
  readonly store: RunStore;
  /** Undefined until the list has come. */
  readonly checkpoints: readonly Checkpoint[] | undefined;
  readonly error: Error | null;
  readonly onRetry: () => void;
}

export function Checkpoints({ run, store, checkpoints, error, onRetry }: CheckpointsProps) {
  const state = useRunPart(store, (view) => view.state);
  const { pending, send } = useCommands(store);
  const [forked, setForked] = useState<Checkpoint | null>(null);
  const rewinding = useRewind(run, store);
  const now = useNow(AGES_EVERY_MS);
  const { runId } = store;
  const lookingOn = useLookingOn();
  const unsavable = useAvailability()("save", state);
  const save = () => send("checkpoint", () => saveCheckpoint(runId));
  return (
    <section className={styles.checkpoints} aria-label="Checkpoints">
      <header className={styles.head}>
        <p>{savingText(run)}</p>
        <ActionButton
          icon="save"
          label="Save now"
          unavailable={unsavable}
          isPending={pending.has("checkpoint")}
          onClick={save}
        />
      </header>
      {error !== null && (
        <p className={styles.error} role="alert">
          The checkpoints could not be listed: {describeError(error)}{" "}
          <Button size="compact-xs" onClick={onRetry}>
            Try again
          </Button>
        </p>
      )}
      {checkpoints === undefined && error === null && (
        <p className={styles.quiet} role="status">
          Looking for checkpoints…
        </p>
      )}
      {checkpoints?.length === 0 && (
        <p className={styles.quiet}>
          There is no checkpoint yet. {state === "created" && "The first comes once it trains."}
        </p>
      )}
      {checkpoints !== undefined && checkpoints.length > 0 && (
        <table className={`${tables.records} ${styles.table}`}>
          <thead>
            <tr>
              <th scope="col">Env step</th>
              <th scope="col">Why</th>
              <th scope="col" className={styles.number}>
                Mean return then
              </th>
              <th scope="col" className={styles.size}>
                Size
              </th>
              <th scope="col">
                <span className="visually-hidden">What can be done</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {checkpoints.map((checkpoint) => (
              <CheckpointRow
                key={checkpoint.id}
                runId={runId}
                checkpoint={checkpoint}
                now={now}
                lookingOn={lookingOn}
                unrewindable={rewinding.unavailable}
                isRewinding={rewinding.isPending(checkpoint.id)}
                isPinning={pending.has(`pin ${checkpoint.id}`)}
                onRewind={() => rewinding.ask(checkpoint)}
                onFork={() => setForked(checkpoint)}
                onPin={(pinned) =>
                  send(
                    pinned ? "pin" : "unpin",
                    () => pinCheckpoint(runId, checkpoint.id, pinned),
                    `pin ${checkpoint.id}`,
                  )
                }
              />
            ))}
          </tbody>
        </table>
      )}
      {rewinding.dialogs}
      {forked !== null && (
        <Fork run={run} store={store} checkpoint={forked} onClose={() => setForked(null)} />
      )}
    </section>
  );
}

/** When checkpoints come by themselves, and which of them stay. */
function savingText({ spec: { checkpoint: plan } }: Run): string {
  const every = plan.every_seconds === null ? "" : `every ${plan.every_seconds} s, `;
  const best = plan.keep_best ? ", the best" : "";
  return (
    `Saved ${every}at a pause, at the end, and before a risky change or a rewind. ` +
    `The newest ${plan.keep_last}${best} and what is pinned stay.`
  );
}
