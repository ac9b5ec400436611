/** Larger limits in place of those that are used up. */

import { TextInput } from "@mantine/core";
import { useState } from "react";
import type { SpentLimit } from "./going-on";
import { type BudgetTexts, isNumberOrEmpty, textsOf } from "./larger-budget";

interface BudgetFieldsProps {
  readonly limits: readonly SpentLimit[];
  readonly texts: BudgetTexts;
  /** The server's words, by limit. */
  readonly errors: ReadonlyMap<string, string>;
  readonly onChange: (texts: BudgetTexts) => void;
}

export function useBudgetTexts(limits: readonly SpentLimit[]) {
  return useState<BudgetTexts>(() => textsOf(limits));
}

export function BudgetFields({ limits, texts, errors, onChange }: BudgetFieldsProps) {
  return limits.map(({ name, label, fact }, index) => (
    <TextInput
      key={name}
      label={label}
      description={`${fact} Empty: no limit.`}
      inputMode="decimal"
      autoComplete="off"
      data-autofocus={index === 0 || undefined}
      value={texts[name] ?? ""}
      error={isNumberOrEmpty(texts[name] ?? "") ? errors.get(name) : "This is not a number."}
      onChange={(event) => onChange({ ...texts, [name]: event.currentTarget.value })}
    />
  ));
}
