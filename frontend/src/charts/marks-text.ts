/** What a mark on the charts says. */

import { formatActor } from "../format/actors";
import { describeChanges } from "../format/changes";
import { formatCount } from "../format/numbers";
import type { Mark } from "../live/run-view";

/** "learning rate 0.01 → 1e-3, from the browser, at step 412 k". */
export function describeMark(mark: Mark, labels: ReadonlyMap<string, string>): string {
  const at = `at step ${formatCount(mark.envStep)}`;
  switch (mark.kind) {
    case "tuned":
      return `${describeChanges(mark.changes, labels)}, ${formatActor(mark.actor)}, ${at}`;
    case "command":
      return `${mark.name}, ${formatActor(mark.actor)}, ${at}`;
    case "rewind":
      return `${mark.name}, ${formatActor(mark.actor)}, ${at}`;
    case "alert":
      return `alert, ${mark.name}, ${at}`;
    case "solved":
      return `${mark.name}, ${at}`;
    case "checkpoint":
      return `checkpoint ${mark.name}, ${at}`;
  }
}
