/** One episode, step by step, as the critic and the learner see it. */

import type { EpisodeReport } from "../../../api/types";

export interface Episode {
  /** r_t, as it is learned from: scaled and clipped. */
  readonly rewards: readonly number[];
  /** V(s_t). */
  readonly values: readonly number[];
  /** V of the state after the last step; null: the episode terminated, and there is none. */
  readonly lastValue: number | null;
}

/** V(s_{t+1}), and 0 after a terminal state. */
export function nextValue(episode: Episode, t: number): number {
  return t + 1 < episode.values.length ? (episode.values[t + 1] ?? 0) : (episode.lastValue ?? 0);
}

/** The learner's reward: scaled, then cut; a clip of 0 cuts nothing. */
export function learnedReward(reward: number, scale: number, clip: number): number {
  const scaled = reward * scale;
  return clip > 0 ? Math.min(clip, Math.max(-clip, scaled)) : scaled;
}

/** As if a time limit had ended the episode after so many steps. */
export function cutAt(episode: Episode, steps: number): Episode {
  if (steps >= episode.rewards.length) return episode;
  return {
    rewards: episode.rewards.slice(0, steps),
    values: episode.values.slice(0, steps),
    lastValue: episode.values[steps] ?? null,
  };
}

/** How the learner changes rewards before it learns from them. */
export interface RewardShaping {
  readonly scale: number;
  /** 0: nothing is cut. */
  readonly clip: number;
}

/** What was played, as it would be learned from. */
export function learnedEpisode(
  report: Pick<EpisodeReport, "steps" | "last_value">,
  { scale, clip }: RewardShaping,
): Episode {
  return {
    rewards: report.steps.map(({ reward }) => learnedReward(reward, scale, clip)),
    values: report.steps.map(({ value }) => value),
    lastValue: report.last_value,
  };
}
