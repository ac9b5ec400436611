/** Which command applies in which state; where one does not, why, in words. */

import type { LifeCycleAction } from "../../api/actions";
import type { RunState } from "../../api/types";

export type RunAction = LifeCycleAction | "step" | "delete";

const ENDED: ReadonlySet<RunState> = new Set(["finished", "stopped", "aborted", "failed"]);

const ALLOWED: Readonly<Record<RunAction, readonly RunState[]>> = {
  start: ["created", "interrupted"],
  pause: ["running"],
  resume: ["paused"],
  step: ["running", "paused"],
  stop: ["created", "queued", "starting", "running", "paused"],
  abort: ["created", "queued", "starting", "running", "paused", "stopping"],
  delete: ["created", "finished", "stopped", "aborted", "failed", "interrupted"],
};

/** Null if the action applies now. */
export function unavailableReason(action: RunAction, state: RunState): string | null {
  if (ALLOWED[action].includes(state)) return null;
  if (action === "delete") return "Stop or abort the run first.";
  if (ENDED.has(state)) return `The run has ended: ${state}.`;
  if (action === "start") return "The run has already been started.";
  switch (state) {
    case "created":
      return "The run has not been started yet.";
    case "interrupted":
      return "The run was interrupted. Start takes it up again.";
    case "queued":
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
  if (state === "starting" || state === "running" || state === "paused") return null;
  if (state === "created" || state === "queued") return "Settings can be changed once it runs.";
  if (state === "stopping") return "The run is stopping.";
  return "The run has ended. These are the settings it ended with.";
}
