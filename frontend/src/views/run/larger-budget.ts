/** A budget as people type it. */

import type { BudgetSpec } from "../../api/types";
import { formatSetting, parseNumber } from "../../format/numbers";
import type { LimitName, SpentLimit } from "./going-on";

export type BudgetTexts = Readonly<Partial<Record<LimitName, string>>>;

/** What is proposed, to begin with. */
export function textsOf(limits: readonly SpentLimit[]): BudgetTexts {
  return Object.fromEntries(
    limits.map(({ name, proposal }) => [name, proposal === null ? "" : wholeText(proposal)]),
  );
}

/** What of the budget changes: an empty text lifts a limit. Null if a text is no number. */
export function budgetFrom(
  limits: readonly SpentLimit[],
  texts: BudgetTexts,
): Partial<BudgetSpec> | null {
  const typed = limits.map(({ name }) => [name, (texts[name] ?? "").trim()] as const);
  if (!typed.every(([, text]) => isNumberOrEmpty(text))) return null;
  return Object.fromEntries(typed.map(([name, text]) => [name, parseNumber(text)]));
}

export function isNumberOrEmpty(text: string): boolean {
  return text.trim() === "" || parseNumber(text) !== null;
}

/** Whole numbers in full: nobody counts the zeros of 2e6 while raising a limit. */
function wholeText(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString("en-US") : formatSetting(value);
}
