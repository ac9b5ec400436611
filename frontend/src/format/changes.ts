/** Changes of hyperparameters in words. */

import type { HyperparameterChange } from "../api/types";
import { describeSetting } from "./settings";

/**
 * "learning rate 0.01 → 1e-3; workers 2 → 4"; says so where nothing changed.
 *
 * @param labels of hyperparameters, by name
 */
export function describeChanges(
  changes: Readonly<Record<string, HyperparameterChange>>,
  labels: ReadonlyMap<string, string>,
): string {
  const changed = Object.entries(changes);
  if (changed.length === 0) return "nothing to change: what was asked for is in use already";
  return changed
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
