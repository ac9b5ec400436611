/** What a mark on the charts says. */

import { formatActor } from "../format/actors";
import { formatCount } from "../format/numbers";
import { describeSetting } from "../format/settings";
import type { Mark } from "../live/run-view";

/** "learning rate 0.01 → 1e-3, from the browser, at step 412 k". */
export function describeMark(mark: Mark, labels: ReadonlyMap<string, string>): string {
  const at = `at step ${formatCount(mark.envStep)}`;
  switch (mark.kind) {
    case "tuned": {
      const changes = Object.entries(mark.changes).map(
        ([name, { before, after }]) =>
          `${labels.get(name) ?? name} ${describeSetting(before)} → ${describeSetting(after)}`,
      );
      return `${changes.join("; ")}, ${formatActor(mark.actor)}, ${at}`;
    }
    case "command":
      return `${mark.name}, ${formatActor(mark.actor)}, ${at}`;
    case "checkpoint":
      return `checkpoint (${mark.name}), ${at}`;
  }
}
