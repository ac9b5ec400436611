/** When a rewind is offered without being asked for, and in which words. */

import { describeChanges } from "../../format/changes";
import { formatCount } from "../../format/numbers";
import type { RiskyChange } from "../../live/risky-change";
import type { RewindTarget } from "./rewinding";

export interface RewindOffer {
  /** Of each change once, and once more if the return collapses after it. */
  readonly key: string;
  readonly tone: "warning" | "critical";
  readonly title: string;
  readonly words: string;
  readonly target: RewindTarget;
  /** How long it is shown; null: until somebody closes it or it is over. */
  readonly shownForMs: number | null;
}

/** It is in the list of checkpoints all the same. */
const SHOWN_FOR_MS = 30_000;

/**
 * The offer after a risky change; null: there is none.
 *
 * @param sinceSeq what the page knew when it was opened: who comes later is not told of old changes
 */
export function rewindOffer(
  risky: RiskyChange | null,
  labels: ReadonlyMap<string, string>,
  sinceSeq: number,
): RewindOffer | null {
  if (risky === null) return null;
  const { seq, collapsedSeq } = risky;
  if (Math.max(seq, collapsedSeq ?? 0) <= sinceSeq) return null;
  const changes = describeChanges(risky.changes, labels);
  const before = `A checkpoint of just before it was saved, at step ${formatCount(risky.checkpointEnvStep)}.`;
  const common = { target: targetOf(risky) };
  if (collapsedSeq === null) {
    return {
      ...common,
      key: `${seq}`,
      tone: "warning",
      title: changes,
      words: before,
      shownForMs: SHOWN_FOR_MS,
    };
  }
  return {
    ...common,
    key: `${seq} ${collapsedSeq}`,
    tone: "critical",
    title: "The return has collapsed",
    words: `It was after this change: ${changes}. ${before}`,
    shownForMs: null,
  };
}

/** The checkpoint that was saved before the change. */
export function targetOf({ checkpointId, checkpointEnvStep }: RiskyChange): RewindTarget {
  return { id: checkpointId, env_step: checkpointEnvStep, abandoned: false };
}
