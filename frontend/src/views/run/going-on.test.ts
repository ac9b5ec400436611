import { describe, expect, it } from "vitest";
import type { BudgetSpec, Progress } from "../../api/types";
import { spentLimits } from "./going-on";

const free: BudgetSpec = { env_steps: null, seconds: null, target_return: null };
const progress = { env_steps: 20_064, seconds: 31.4, solved_at: null } as Progress;

describe("a budget that is used up", () => {
  it("is told limit by limit, with a larger one to begin with", () => {
    const budget = { ...free, env_steps: 20_000, seconds: 31 };
    expect(
      spentLimits(budget, progress, "auto").map(({ name, proposal }) => [name, proposal]),
    ).toEqual([
      ["env_steps", 40_000],
      ["seconds", 62],
    ]);
  });

  it("is proposed beyond what is already done", () => {
    const [limit] = spentLimits({ ...free, env_steps: 5_000 }, progress, "auto");
    expect(limit?.proposal).toBe(25_064);
  });

  it("loses its target once that is reached", () => {
    const solved = { ...progress, solved_at: { env_steps: 9_000, seconds: 3 } } as Progress;
    const [limit] = spentLimits({ ...free, target_return: 475 }, solved, "auto");
    expect(limit).toMatchObject({ name: "target_return", proposal: null });
    expect(limit?.fact).toBe("475 was reached at env step 9,000.");
  });
});

it("asks for nothing while something is left", () => {
  expect(spentLimits(free, progress, "auto")).toEqual([]);
  expect(
    spentLimits({ env_steps: 20_065, seconds: 32, target_return: 475 }, progress, "auto"),
  ).toEqual([]);
});
