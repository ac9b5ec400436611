/** What the agent view says about itself. */

import type { ViewFrame, ViewStatus } from "../../api/types";
import { formatCount, formatExactCount, UNIT_SPACE } from "../../format/numbers";
import type { AgentPhase } from "../../live/agent-view";

export const SPEEDS = ["0.25", "0.5", "1", "2", "4", "8", "max"] as const;
export type Speed = (typeof SPEEDS)[number];

const SPEED_LABELS: Readonly<Record<Speed, string>> = {
  "0.25": "¼×",
  "0.5": "½×",
  "1": "1×",
  "2": "2×",
  "4": "4×",
  "8": "8×",
  max: "max",
};

export function speedLabel(speed: Speed): string {
  return SPEED_LABELS[speed];
}

/** The one that a status tells. */
export function speedOf(status: ViewStatus | null): Speed {
  if (status === null) return "1";
  return SPEEDS.find((speed) => speed === String(status.speed ?? "max")) ?? "1";
}

/** What stands in place of a picture that is not there yet; null: it is. */
export function absenceText(
  phase: AgentPhase,
  status: ViewStatus | null,
  frame: ViewFrame | null,
): string | null {
  if (phase.name === "refused") return `It can't be watched: ${phase.reason}`;
  if (status?.state === "failed") return status.reason ?? "It can't be played.";
  if (frame !== null) return frame.unseen;
  if (phase.name === "lost") return "The server does not answer. Trying again…";
  if (status?.state === "waiting") return "There are no weights yet: it must train first.";
  if (status?.state === "starting") return "The agent enters…";
  return "Connecting…";
}

/** Whose weights play. */
export function weightsText(frame: ViewFrame | null, status: ViewStatus | null): string {
  if (frame === null) return "–";
  const step = `${formatCount(frame.env_step)}${frame.env_step < 1000 ? UNIT_SPACE : ""}`.trim();
  if (frame.checkpoint_id === null) return `step ${step}, live`;
  return status?.checkpoint_id === null ? `step ${step}, newest checkpoint` : `step ${step}`;
}

/** The picture in words, for who can't see it. */
export function pictureText(environmentId: string, frame: ViewFrame): string {
  const end = frame.terminated ? ", the episode has ended" : frame.truncated ? ", cut off" : "";
  return (
    `${environmentId}, episode ${formatExactCount(frame.episode)}, ` +
    `step ${formatExactCount(frame.length)}${end}`
  );
}

/** Probabilities of several choices at once come one after the other: each choice adds up to 1. */
export function branchesOf(probabilities: readonly number[]): readonly (readonly number[])[] {
  const branches: number[][] = [];
  let branch: number[] = [];
  let sum = 0;
  for (const probability of probabilities) {
    branch.push(probability);
    sum += probability;
    if (sum > 1 - 1e-6) {
      branches.push(branch);
      branch = [];
      sum = 0;
    }
  }
  return branch.length > 0 ? [...branches, branch] : branches;
}
