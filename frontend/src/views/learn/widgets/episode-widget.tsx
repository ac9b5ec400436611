/** What the widgets about an episode share: where it comes from, and a way to another one. */

import { Button } from "@mantine/core";
import { useInViewport } from "@mantine/hooks";
import { type ReactNode, useEffect } from "react";
import { type ShownEpisode, useEpisodes } from "../episode-source";
import { EXAMPLE_GAMMA } from "../example-episodes";
import { useLearnRun } from "../learn-run";
import type { Episode } from "../maths/episode";
import styles from "./episode-widget.module.css";
import { Widget } from "./widget";

interface EpisodeWidgetProps {
  readonly title: string;
  /** Shown where no run has played one. */
  readonly example: Episode;
  readonly exampleOrigin: string;
  readonly children: (shown: ShownEpisode) => ReactNode;
}

export function EpisodeWidget({ title, example, exampleOrigin, children }: EpisodeWidgetProps) {
  const { played, isPlaying, error, play, want } = useEpisodes();
  const { ref, inViewport } = useInViewport<HTMLDivElement>();
  useEffect(() => {
    if (inViewport) want();
  }, [inViewport, want]);
  const live = useLearnRun();
  const shown = played ?? {
    episode: example,
    gamma: EXAMPLE_GAMMA,
    origin: exampleOrigin,
    isExample: true,
  };
  return (
    <Widget
      title={title}
      origin={shown.origin}
      isExample={shown.isExample}
      actions={
        play === null ? undefined : (
          <Button variant="subtle" loading={isPlaying} onClick={play}>
            {shown.isExample ? "Play one of your run" : "Play another"}
          </Button>
        )
      }
    >
      {live !== null && play === null && (
        <p className={styles.note}>
          As soon as {live.run.name} has its first checkpoint, it plays an episode here.
        </p>
      )}
      {isPlaying && (
        <p className={styles.note} role="status">
          An episode is being played…
        </p>
      )}
      {error !== null && (
        <p className={styles.error} role="alert">
          No episode could be played: {error}
        </p>
      )}
      <div ref={ref}>{children(shown)}</div>
    </Widget>
  );
}
