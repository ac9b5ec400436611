/** The agent view for components: a socket for as long as it can be seen. */

import { useEffect, useMemo, useSyncExternalStore } from "react";
import { setSessionState } from "../api/session";
import { socketTo } from "../format/addresses";
import { AgentView } from "./agent-view";

export type PictureView = AgentView<ImageBitmap>;

/** Watches a run while `isSeen`; renders again with every frame. */
export function useAgentView(runId: string, isSeen: boolean): PictureView {
  const view = useMemo(
    () =>
      new AgentView<ImageBitmap>({
        open: (checkpointId) => {
          const url = socketTo(`/api/v1/runs/${runId}/view`);
          if (checkpointId !== null) url.searchParams.set("checkpoint", checkpointId);
          return new WebSocket(url);
        },
        decode: (image) => createImageBitmap(image),
        release: (picture) => picture.close(),
        beforePaint: (work) => window.requestAnimationFrame(work),
        setTimer: (work, delayMs) => window.setTimeout(work, delayMs),
        clearTimer: (timer) => window.clearTimeout(timer),
        random: Math.random,
        onLoginNeeded: () => setSessionState("out"),
      }),
    [runId],
  );
  useEffect(() => {
    if (!isSeen) return;
    view.open();
    return () => view.close();
  }, [view, isSeen]);
  useSyncExternalStore(
    useMemo(() => (listener: () => void) => view.onChange(listener), [view]),
    () => view.version,
  );
  return view;
}
