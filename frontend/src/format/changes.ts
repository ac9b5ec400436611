/** Changes of hyperparameters in words. */

import type { HyperparameterChange } from "../api/types";
import { describeSetting } from "./settings";

/**
 * "learning rate 0.01 → 1e-3; workers 2 → 4".
 *
 * @param labels of hyperparameters, by name
 */
export function describeChanges(
  changes: Readonly<Record<string, HyperparameterChange>>,
  labels: ReadonlyMap<string, string>,
): string {
  return Object.entries(changes)
    .map(([name, change]) => {
      const { before, after, applies } = change;
      const words = `${labels.get(name) ?? name} ${describeSetting(before)} → ${describeSetting(after)}`;
      const notes = [
        ...(change.live_class === "warm_restart" ? ["restart, weights kept"] : []),
        ...(applies ? [] : ["no effect in this mode"]),
      ];
      return notes.length === 0 ? words : `${words} (${notes.join(", ")})`;
    })
    .join("; ");
}
