/** The episode that several widgets show: one of the run, or one recorded for this page. */

import { createContext, useContext } from "react";
import type { Episode } from "./maths/episode";

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
}

export const EpisodeContext = createContext<EpisodeSource>({
  played: null,
  isPlaying: false,
  error: null,
  play: null,
});

export function useEpisodes(): EpisodeSource {
  return useContext(EpisodeContext);
}
