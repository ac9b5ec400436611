import { describe, expect, it } from "vitest";
import type { SpentLimit } from "./going-on";
import { budgetFrom, textsOf } from "./larger-budget";

const limits: readonly SpentLimit[] = [
  { name: "env_steps", label: "Env steps", fact: "", proposal: 2_000_000 },
  { name: "target_return", label: "Target", fact: "", proposal: null },
];

describe("a larger budget", () => {
  it("is proposed in full digits, and taken as it stands", () => {
    const texts = textsOf(limits);
    expect(texts).toEqual({ env_steps: "2,000,000", target_return: "" });
    expect(budgetFrom(limits, texts)).toEqual({ env_steps: 2_000_000, target_return: null });
  });

  it("has no limit where nothing is typed", () => {
    expect(budgetFrom(limits, { env_steps: " " })).toEqual({
      env_steps: null,
      target_return: null,
    });
  });

  it("is none while something typed is no number", () => {
    expect(budgetFrom(limits, { env_steps: "many" })).toBeNull();
  });
});
