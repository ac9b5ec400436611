/** The newest change that a checkpoint was saved before, as long as it can be taken back. */

import type { CheckpointsDeleted, CommandApplied, Event, HyperparameterChange } from "../api/types";

export interface RiskyChange {
  /** Of the event that says that it is in use. */
  readonly seq: number;
  readonly checkpointId: string;
  /** Where a rewind leads to. */
  readonly checkpointEnvStep: number;
  readonly changes: Readonly<Record<string, HyperparameterChange>>;
  /** The event that told of a collapse of the return after it; null: none, or it is over. */
  readonly collapsedSeq: number | null;
}

export const COLLAPSE = "performance_collapse";

type ReadEvent = Exclude<Event, CheckpointsDeleted>;

/**
 * What of it stands after one more event.
 *
 * @param ledger the events before it
 */
export function riskyChangeAfter(
  risky: RiskyChange | null,
  event: Event,
  ledger: readonly ReadEvent[],
): RiskyChange | null {
  switch (event.type) {
    case "command_applied":
      return event.name === "set_hyperparameters" ? (begun(event, ledger) ?? risky) : risky;
    case "run_rewound":
      return null;
    case "checkpoints_deleted":
      return risky !== null && event.checkpoint_ids.includes(risky.checkpointId) ? null : risky;
    case "alert_raised":
      return risky !== null && event.alert === COLLAPSE
        ? { ...risky, collapsedSeq: event.seq }
        : risky;
    case "alert_cleared":
      return risky !== null && event.alert === COLLAPSE ? { ...risky, collapsedSeq: null } : risky;
    default:
      return risky;
  }
}

function begun(applied: CommandApplied, ledger: readonly ReadEvent[]): RiskyChange | null {
  const checkpointId = applied.checkpoint_id;
  if (checkpointId == null) return null;
  let changes: RiskyChange["changes"] | null = null;
  let checkpointEnvStep = applied.env_step;
  for (const event of ledger) {
    if (event.type === "hyperparameters_changed" && event.command_id === applied.command_id) {
      changes = event.changes;
    }
    if (event.type === "checkpoint_saved" && event.checkpoint_id === checkpointId) {
      checkpointEnvStep = event.env_step;
    }
  }
  if (changes === null) return null;
  return { seq: applied.seq, checkpointId, checkpointEnvStep, changes, collapsedSeq: null };
}
