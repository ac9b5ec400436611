/** Which command applies in which state; where one does not, why, in words. */

import type { LifeCycleAction } from "../../api/actions";
import type { RunState } from "../../api/types";

export type RunAction = LifeCycleAction | "step" | "delete" | "save" | "rewind" | "fork";

const ENDED: ReadonlySet<RunState> = new Set([
  "finished",
  "stopped",
  "aborted",
  "failed",
  "interrupted",
]);
const STEERABLE: readonly RunState[] = ["starting", "running", "paused"];
const RESUMABLE: readonly RunState[] = ["finished", "stopped", "failed", "interrupted"];

const ALLOWED: Readonly<Record<RunAction, readonly RunState[]>> = {
  start: ["created", ...RESUMABLE],
  pause: ["running"],
  resume: ["paused"],
  step: ["running", "paused"],
  stop: ["created", "queued", "starting", "running", "paused"],
  abort: ["created", "queued", "starting", "running", "paused", "stopping"],
  delete: ["created", "finished", "stopped", "aborted", "failed", "interrupted"],
  save: STEERABLE,
  fork: ["running", "paused", ...ENDED],
  rewind: [...STEERABLE, ...RESUMABLE],
};

/** Its process is gone. */
export function hasEnded(state: RunState): boolean {
  return ENDED.has(state);
}

/** Null if the action applies now. */
export function unavailableReason(action: RunAction, state: RunState): string | null {
  if (ALLOWED[action].includes(state)) return null;
  if (action === "delete") return "Stop or abort the run first.";
  if (state === "aborted") {
    const isBeginning = action === "start" || action === "rewind";
    return isBeginning ? "The run was aborted: that is final." : "The run has ended: aborted.";
  }
  if (ENDED.has(state)) return `The run has ended: ${state}. “Go on” takes it up again.`;
  if (action === "fork" && state === "created") return "There is nothing to fork from yet.";
  if (action === "start") return "The run has already been started.";
  switch (state) {
    case "created":
      return "The run has not been started yet.";
    case "queued":
      return "The run waits for a place.";
    case "starting":
      return "The run is only just starting.";
    case "running":
      return "The run is not paused.";
    case "paused":
      return "The run is already paused.";
    case "stopping":
      return "The run is stopping.";
    default:
      return `Not while the run is ${state}.`;
  }
}

/** Whether hyperparameters can be changed now. */
export function unsteerableReason(state: RunState): string | null {
  if (STEERABLE.includes(state)) return null;
  if (state === "created" || state === "queued") return "Settings can be changed once it runs.";
  if (state === "stopping") return "The run is stopping.";
  return "The run has ended. These are the settings it ended with.";
}
