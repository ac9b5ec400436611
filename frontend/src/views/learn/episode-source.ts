/** The episode that several widgets show: one of the run, or one recorded for this page. */

import { useQuery } from "@tanstack/react-query";
import { createContext, useCallback, useContext, useMemo, useState } from "react";
import { playEpisode } from "../../api/actions";
import { describeError } from "../../api/problem";
import { formatCount } from "../../format/numbers";
import { useHasCheckpoint, useLearnRun, useUsedNumber } from "./learn-run";
import { type Episode, learnedEpisode } from "./maths/episode";

export interface ShownEpisode {
  readonly episode: Episode;
  readonly gamma: number;
  /** What a person should know of where it comes from. */
  readonly origin: string;
  readonly isExample: boolean;
}

export interface EpisodeSource {
  /** Null: there is none of a run, so each widget has its own example. */
  readonly played: ShownEpisode | null;
  readonly isPlaying: boolean;
  readonly error: string | null;
  /** Plays another; null: there is nothing that could play. */
  readonly play: (() => void) | null;
  /** Somebody looks at an episode: the run plays its first. */
  readonly want: () => void;
}

const NOTHING = { played: null, isPlaying: false, error: null, play: null } as const;

export const EpisodeContext = createContext<EpisodeSource>({ ...NOTHING, want: () => {} });

export function useEpisodes(): EpisodeSource {
  return useContext(EpisodeContext);
}

/** Plays with the run of the page, a program of its own for each episode; never without a reader. */
export function useEpisodesOfRun(): EpisodeSource {
  const live = useLearnRun();
  const gamma = useUsedNumber("gamma", 1);
  const scale = useUsedNumber("reward_scale", 1);
  const clip = useUsedNumber("reward_clip", 0);
  const [isWanted, setIsWanted] = useState(false);
  const [asked, setAsked] = useState(0);
  const runId = live?.run.id ?? "";
  const canPlay = useHasCheckpoint();
  const query = useQuery({
    queryKey: ["episode", runId, asked],
    queryFn: ({ signal }) => playEpisode(runId, signal),
    enabled: isWanted && canPlay,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    // While another one is played, the last stays; never that of another run.
    placeholderData: (last, lastQuery) => (lastQuery?.queryKey[1] === runId ? last : undefined),
  });
  const want = useCallback(() => setIsWanted(true), []);
  const { data, error, isFetching } = query;
  const name = live?.run.name ?? "";
  return useMemo(
    () =>
      canPlay
        ? {
            played:
              data === undefined || data.steps.length === 0
                ? null
                : {
                    episode: learnedEpisode(data, { scale, clip }),
                    gamma,
                    origin: `${name}, played with its weights of step ${formatCount(data.env_step)}`,
                    isExample: false,
                  },
            isPlaying: isFetching,
            error: error === null ? null : describeError(error),
            play: () => setAsked((count) => count + 1),
            want,
          }
        : { ...NOTHING, want },
    [canPlay, data, scale, clip, gamma, name, isFetching, error, want],
  );
}
