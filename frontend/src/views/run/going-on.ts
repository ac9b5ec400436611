/** What a run needs to go on after its end: a larger budget, where the old one is used up. */

import type { BudgetSpec, Progress, Run } from "../../api/types";
import { formatSpan, type TimeUnit } from "../../format/durations";
import { formatExactCount, formatMeasured } from "../../format/numbers";

export type LimitName = keyof BudgetSpec;

/** A limit of the budget that the run has reached. */
export interface SpentLimit {
  readonly name: LimitName;
  readonly label: string;
  /** What was allowed, and that it is done. */
  readonly fact: string;
  /** A larger one; null: none, which means without this limit. */
  readonly proposal: number | null;
}

/** The budget in force. */
export function budgetOf(run: Run): BudgetSpec {
  return run.budget ?? run.spec.budget;
}

/** The limits that would end the run at once; empty if it can go on as it is. */
export function spentLimits(
  budget: BudgetSpec,
  progress: Progress,
  unit: TimeUnit,
): readonly SpentLimit[] {
  const { env_steps: steps, seconds, target_return: target } = budget;
  const spent: SpentLimit[] = [];
  if (steps !== null && progress.env_steps >= steps) {
    spent.push({
      name: "env_steps",
      label: "Env steps in all",
      fact: `All ${formatExactCount(steps)} are done.`,
      proposal: raised(steps, progress.env_steps),
    });
  }
  if (seconds !== null && progress.seconds >= seconds) {
    spent.push({
      name: "seconds",
      label: "Seconds of training in all",
      fact: `All ${formatSpan(seconds, unit)} are over.`,
      proposal: raised(seconds, Math.ceil(progress.seconds)),
    });
  }
  if (target !== null && progress.solved_at !== null) {
    spent.push({
      name: "target_return",
      label: "Mean return that ends it",
      fact: `${formatMeasured(target)} was reached at env step ${formatExactCount(progress.solved_at.env_steps)}.`,
      proposal: null,
    });
  }
  return spent;
}

/** As much again as there was, from where the run stands. */
function raised(limit: number, done: number): number {
  return done >= 2 * limit ? done + limit : 2 * limit;
}
