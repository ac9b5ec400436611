/** What the critic is taught along an episode: TD errors, n-step returns, Monte Carlo. */

import { type Episode, nextValue } from "./episode";

/** δ_t = r_t + γ (1 − d_t) V(s_{t+1}) − V(s_t). */
export function tdErrors(episode: Episode, gamma: number): number[] {
  return episode.rewards.map(
    (reward, t) => reward + gamma * nextValue(episode, t) - (episode.values[t] ?? 0),
  );
}

export interface NStepReturn {
  /** Steps with a real reward: n, or fewer where the episode ends before. */
  readonly steps: number;
  /** Σ γ^i r_{t+i} over them. */
  readonly earned: number;
  /** γ^k V(s_{t+k}); 0 where the episode terminated by then. */
  readonly guessed: number;
  readonly total: number;
}

/** R_t = Σ_{i<k} γ^i r_{t+i} + γ^k V(s_{t+k}), k = min(n, steps left). */
export function nStepReturn(episode: Episode, t: number, n: number, gamma: number): NStepReturn {
  const steps = Math.min(n, episode.rewards.length - t);
  let earned = 0;
  for (let i = 0; i < steps; i += 1) earned += gamma ** i * (episode.rewards[t + i] ?? 0);
  const guessed = gamma ** steps * nextValue(episode, t + steps - 1);
  return { steps, earned, guessed, total: earned + guessed };
}

/** Every step looks n steps ahead: what the notebook does. */
export function slidingReturns(episode: Episode, n: number, gamma: number): number[] {
  return episode.rewards.map((_, t) => nStepReturn(episode, t, n, gamma).total);
}

/** Rollouts of n steps: each step looks ahead to the end of its rollout, n, n − 1, …, 1 steps. */
export function rolloutReturns(episode: Episode, n: number, gamma: number): number[] {
  const returns = new Array<number>(episode.rewards.length).fill(0);
  let ahead = 0;
  for (let t = returns.length - 1; t >= 0; t -= 1) {
    const isLastOfRollout = (t + 1) % n === 0 || t === returns.length - 1;
    if (isLastOfRollout) ahead = nextValue(episode, t);
    ahead = (episode.rewards[t] ?? 0) + gamma * ahead;
    returns[t] = ahead;
  }
  return returns;
}

/** To the end of the episode, whatever it is: nothing is guessed but what lies behind a limit. */
export function wholeReturns(episode: Episode, gamma: number): number[] {
  return rolloutReturns(episode, Math.max(1, episode.rewards.length), gamma);
}

/** The same, with the mistake: a time limit is taken for a terminal state. */
export function returnsAsIfTerminal(episode: Episode, gamma: number): number[] {
  return wholeReturns({ ...episode, lastValue: null }, gamma);
}

export function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
}
