/** The agent's world as it is now, in a box that never changes its size. */

import { useEffect, useRef } from "react";
import type { ViewFrame } from "../../api/types";
import type { PictureView } from "../../live/agent-hooks";
import styles from "./agent.module.css";
import { pictureText } from "./agent-text";

/** Scenes with so few pixels are grids and games: their pixels are squares. */
const FEW_PIXELS = 200 * 200;

interface AgentPictureProps {
  readonly view: PictureView;
  readonly environmentId: string;
  readonly frame: ViewFrame | null;
  /** In place of the picture; null: there is one. */
  readonly absence: string | null;
  /** What is seen is not what is now. */
  readonly isStale: boolean;
}

export function AgentPicture({ view, environmentId, frame, absence, isStale }: AgentPictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { picture, version } = view;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new version is a new picture
  useEffect(() => {
    const element = canvas.current;
    if (element === null || picture === null) return;
    if (element.width !== picture.width) element.width = picture.width;
    if (element.height !== picture.height) element.height = picture.height;
    element.getContext("2d")?.drawImage(picture, 0, 0);
  }, [picture, version]);
  const isSeen = frame !== null && frame.image !== null;
  return (
    <div className={styles.stage} data-stale={isStale || undefined}>
      <canvas
        ref={canvas}
        className={styles.picture}
        role="img"
        aria-label={frame === null ? "No picture yet" : pictureText(environmentId, frame)}
        hidden={!isSeen}
        data-coarse={(isSeen && frame.width * frame.height <= FEW_PIXELS) || undefined}
        data-frame={frame?.number}
      />
      {absence !== null && (
        <p className={styles.absence} data-over={isSeen || undefined} role="status">
          {absence}
        </p>
      )}
    </div>
  );
}
