import { describe, expect, it } from "vitest";
import { cutAt, type Episode, learnedEpisode, learnedReward, nextValue } from "./episode";
import {
  mean,
  nStepReturn,
  returnsAsIfTerminal,
  rolloutReturns,
  slidingReturns,
  tdErrors,
  wholeReturns,
} from "./targets";

const GAMMA = 0.5;
const FALLEN: Episode = { rewards: [1, 2, 4], values: [10, 20, 40], lastValue: null };
const LIMITED: Episode = { ...FALLEN, lastValue: 80 };

describe("an episode", () => {
  it("that terminated has nothing after its last state, one that was cut has", () => {
    expect(nextValue(FALLEN, 0)).toBe(20);
    expect(nextValue(FALLEN, 2)).toBe(0);
    expect(nextValue(LIMITED, 2)).toBe(80);
  });

  it("cut by a limit keeps the value of the state at the cut", () => {
    expect(cutAt(FALLEN, 2)).toEqual({ rewards: [1, 2], values: [10, 20], lastValue: 40 });
    expect(cutAt(FALLEN, 3)).toBe(FALLEN);
  });

  it("is learned from with scaled, then clipped rewards", () => {
    expect(learnedReward(5, 0.1, 0)).toBe(0.5);
    expect(learnedReward(-50, 0.1, 1)).toBe(-1);
    const step = {
      probabilities: null,
      mean: null,
      deviation: null,
      action: 0,
      terminated: false,
      truncated: false,
    };
    const report = {
      steps: [
        { ...step, reward: 30, value: 2 },
        { ...step, reward: -7, value: 3, truncated: true },
      ],
      last_value: 4,
    };
    expect(learnedEpisode(report, { scale: 0.1, clip: 1 })).toEqual({
      rewards: [1, -0.7000000000000001],
      values: [2, 3],
      lastValue: 4,
    });
  });
});

describe("TD errors", () => {
  it("are those computed by hand", () => {
    expect(tdErrors(FALLEN, GAMMA)).toEqual([1 + 10 - 10, 2 + 20 - 20, 4 - 40]);
    expect(tdErrors(LIMITED, GAMMA)).toEqual([1, 2, 4 + 40 - 40]);
  });

  it("add up to the return minus the value (Sutton & Barto 6.6)", () => {
    const sum = tdErrors(LIMITED, GAMMA).reduce((total, error, t) => total + GAMMA ** t * error, 0);
    expect(sum).toBeCloseTo((wholeReturns(LIMITED, GAMMA)[0] ?? 0) - 10, 12);
  });
});

describe("n-step returns", () => {
  it("are one TD step at n = 1 and Monte Carlo beyond the end", () => {
    const errors = tdErrors(LIMITED, GAMMA);
    expect(slidingReturns(LIMITED, 1, GAMMA)).toEqual(
      LIMITED.values.map((value, t) => value + (errors[t] ?? 0)),
    );
    expect(slidingReturns(FALLEN, 99, GAMMA)).toEqual([1 + 1 + 1, 2 + 2, 4]);
    expect(wholeReturns(FALLEN, GAMMA)).toEqual([3, 4, 4]);
  });

  it("say which part was earned and which is a guess", () => {
    expect(nStepReturn(FALLEN, 0, 2, GAMMA)).toEqual({
      steps: 2,
      earned: 2,
      guessed: 10,
      total: 12,
    });
    expect(nStepReturn(FALLEN, 1, 5, GAMMA)).toEqual({ steps: 2, earned: 4, guessed: 0, total: 4 });
    expect(nStepReturn(LIMITED, 2, 1, GAMMA).guessed).toBe(40);
  });

  it("of rollouts look n, n - 1, …, 1 steps ahead", () => {
    // Two rollouts: steps 0 and 1, which bootstrap from V(s_2) = 40, and step 2 alone.
    expect(rolloutReturns(FALLEN, 2, GAMMA)).toEqual([1 + 0.5 * (2 + 20), 2 + 20, 4]);
    for (const t of [0, 1, 2]) {
      const ahead = t < 2 ? 2 - t : 1;
      expect(rolloutReturns(LIMITED, 2, GAMMA)[t]).toBeCloseTo(
        nStepReturn(LIMITED, t, ahead, GAMMA).total,
        12,
      );
    }
  });
});

describe("a time limit", () => {
  it("taken for the end teaches (1 - γ^k)/(1 - γ) where k steps are left; bootstrapped, 1/(1 - γ)", () => {
    const gamma = 0.99;
    const balanced: Episode = {
      rewards: new Array<number>(500).fill(1),
      values: new Array<number>(500).fill(100),
      lastValue: 100,
    };
    const wrong = returnsAsIfTerminal(balanced, gamma);
    expect(wrong[499]).toBe(1);
    expect(wrong[400]).toBeCloseTo((1 - gamma ** 100) / (1 - gamma), 9);
    for (const each of wholeReturns(balanced, gamma)) expect(each).toBeCloseTo(100, 9);
    expect(mean(wrong)).toBeCloseTo(100 - 0.2 * 99 * (1 - gamma ** 500), 9);
  });
});
