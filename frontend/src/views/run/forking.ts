/** What is asked of the server for a fork, and what it says against it. */

import { ApiProblem, describeError } from "../../api/problem";
import type {
  BudgetSpec,
  Checkpoint,
  ForkRequest,
  HyperparameterDefinition,
  Progress,
  Run,
  Setting,
} from "../../api/types";
import type { TimeUnit } from "../../format/durations";
import { sameSetting } from "../../live/schedules";
import { budgetOf, type SpentLimit, spentLimits } from "./going-on";

/** The limits that a fork from there would already have reached. */
export function limitsAt(
  run: Run,
  progress: Progress,
  checkpoint: Checkpoint | null,
  unit: TimeUnit,
): readonly SpentLimit[] {
  const solved = progress.solved_at;
  const then =
    checkpoint === null
      ? progress
      : {
          ...progress,
          env_steps: checkpoint.env_step,
          seconds: checkpoint.seconds,
          solved_at: solved !== null && solved.env_steps <= checkpoint.env_step ? solved : null,
        };
  return spentLimits(budgetOf(run), then, unit);
}

/** By name. */
export type Settings = Readonly<Record<string, Setting>>;

export interface Difference {
  readonly name: string;
  readonly label: string;
  readonly was: Setting;
  readonly now: Setting;
}

/** Settings that were something else at a checkpoint, in the order of the catalogue. */
export function differences(
  definitions: readonly HyperparameterDefinition[],
  then: Settings,
  now: Settings,
): Difference[] {
  return definitions.flatMap(({ name, label, default: byDefault }) => {
    const [before, present] = [then[name] ?? byDefault, now[name] ?? byDefault];
    if (sameSetting(before, present)) return [];
    return [{ name, label, was: before, now: present }];
  });
}

export interface ForkDraft {
  readonly checkpoint: Checkpoint | null;
  readonly name: string;
  readonly changed: Settings;
  readonly budget: Partial<BudgetSpec>;
}

/** Only what was said: the rest is as the server has it. */
export function forkRequest({ checkpoint, name, changed, budget }: ForkDraft): ForkRequest {
  return {
    ...(checkpoint === null ? {} : { checkpoint_id: checkpoint.id }),
    ...(name.trim() === "" ? {} : { name: name.trim() }),
    ...(Object.keys(changed).length === 0 ? {} : { hyperparameters: changed }),
    ...(Object.keys(budget).length === 0 ? {} : { budget }),
  };
}

/** The server's words by field; "" for what is about none. */
export function errorsOf(error: Error | null): ReadonlyMap<string, string> {
  if (error === null) return new Map();
  if (!(error instanceof ApiProblem) || error.fields.length === 0) {
    return new Map([["", describeError(error)]]);
  }
  return new Map(error.fields.map(({ loc, message }) => [String(loc.at(-1) ?? ""), message]));
}
