/** What a change that restarts threads means: what happens, what is kept, what else to think of. */

import type {
  AlgorithmDescription,
  HyperparameterDefinition,
  LiveClass,
  RunSpec,
  Setting,
} from "../../api/types";
import { sameSetting } from "../../live/schedules";
import type { Settings } from "./use-tuning";

/** What it takes to change this hyperparameter of this run. */
export function classInRun(definition: HyperparameterDefinition, spec: RunSpec): LiveClass {
  // One thread drives the workers of a lockstep run in turn: another number needs another thread.
  if (definition.name === "workers" && spec.lockstep) return "warm_restart";
  return definition.live_class;
}

export interface RestartText {
  readonly happens: readonly string[];
  readonly kept: string;
}

export function restartText(definition: HyperparameterDefinition, to: Setting): RestartText {
  switch (definition.name) {
    case "algorithm":
      return {
        happens: [
          `The threads finish what they are at and end; those of ${String(to)} begin.`,
          "Unfinished episodes, and what waits in a queue, are dropped: environments begin anew.",
        ],
        kept:
          "The weights, the optimizer’s statistics, all curves and counters. Training goes on " +
          "from where it is.",
      };
    case "workers":
    case "envs_per_worker":
      return {
        happens: ["Environments are built anew for all workers; unfinished episodes are dropped."],
        kept: "The weights, the optimizer’s statistics, all curves and counters.",
      };
    case "optimizer":
      return {
        happens: ["The new optimizer begins without a memory of earlier gradients."],
        kept: "The weights, all curves and counters, every other setting.",
      };
    default:
      return { happens: [definition.takes_effect], kept: "The weights, all curves and counters." };
  }
}

export interface DifferentDefault {
  readonly definition: HyperparameterDefinition;
  readonly now: Setting;
  readonly byDefault: Setting;
}

/** Settings for which the next mode has another default than the present one. */
export function differentDefaults(
  present: AlgorithmDescription,
  next: AlgorithmDescription,
  used: Settings,
): DifferentDefault[] {
  const before = new Map(present.hyperparameters.map(({ name, default: value }) => [name, value]));
  return next.hyperparameters.flatMap((definition) => {
    const { name, default: byDefault, spec_field: isField } = definition;
    const now = used[name];
    if (isField || now === undefined || before.get(name) === byDefault) return [];
    return sameSetting(now, byDefault) ? [] : [{ definition, now, byDefault }];
  });
}
