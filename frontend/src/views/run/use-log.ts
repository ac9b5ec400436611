/** The log of a run for a component: fetched when it is opened, then kept up to date. */

import { useDocumentVisibility } from "@mantine/hooks";
import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { ACTIVE_STATES, fetchEventHistory } from "../../api/queries";
import { fetchLog } from "../../api/records";
import { useRunPart } from "../../live/hooks";
import { LOG_EVENTS } from "../../live/log-entries";
import { LogFeed, type LogState } from "../../live/log-feed";
import type { RunStore } from "../../live/run-store";

const POLL_MS = 1_000;

export interface Log {
  readonly state: LogState;
  readonly retry: () => void;
  readonly earlier: () => void;
}

/** @param isFollowed the newest lines are in sight: the oldest may be let go */
export function useLog(store: RunStore, isFollowed: boolean): Log {
  const { runId } = store;
  const feed = useMemo(
    () =>
      new LogFeed({
        newest: () => fetchLog(runId),
        after: (place) => fetchLog(runId, { after: place }),
        before: (place) => fetchLog(runId, { before: place }),
        events: async () =>
          (await fetchEventHistory(runId, LOG_EVENTS, new AbortController().signal)).events,
      }),
    [runId],
  );
  const state = useSyncExternalStore(
    useMemo(() => (listener: () => void) => feed.onChange(listener), [feed]),
    () => feed.state,
  );
  const ledger = useRunPart(store, (view) => view.ledger);
  const isActive = useRunPart(store, (view) => ACTIVE_STATES.has(view.state));
  const isVisible = useDocumentVisibility() === "visible";
  const followed = useRef(isFollowed);
  followed.current = isFollowed;
  useEffect(() => {
    void feed.open();
  }, [feed]);
  // What came while the events were being fetched is in the ledger already.
  const isReady = state.phase === "ready";
  useEffect(() => {
    if (isReady) feed.takeEvents(ledger);
  }, [feed, ledger, isReady]);
  useEffect(() => {
    if (!isVisible) return;
    // Once more after the end: the last words.
    void feed.poll(followed.current);
    if (!isActive) return;
    const timer = window.setInterval(() => void feed.poll(followed.current), POLL_MS);
    return () => window.clearInterval(timer);
  }, [feed, isActive, isVisible]);
  return useMemo(
    () => ({
      state,
      retry: () => void feed.poll(true),
      earlier: () => void feed.earlier(),
    }),
    [feed, state],
  );
}
