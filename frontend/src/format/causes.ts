/** Why a checkpoint was saved, in words that follow "checkpoint". */

import type { Checkpoint } from "../api/types";

const CAUSES: Readonly<Record<Checkpoint["cause"], string>> = {
  schedule: "by time",
  pause: "at a pause",
  end: "at the end",
  command: "on request",
  change: "before a risky change",
  rewind: "before a rewind",
  fork: "where the fork began",
};

export function formatCause(cause: Checkpoint["cause"]): string {
  return CAUSES[cause];
}
