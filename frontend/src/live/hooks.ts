/** The live side for React components. */

import {
  createContext,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from "react";
import { setSessionState } from "../api/session";
import { socketTo } from "../format/addresses";
import { Connection, type ConnectionState } from "./connection";
import type { RunStatus, RunStore } from "./run-store";
import type { RunView } from "./run-view";

/** The page's connection, over the address that the page came from. */
export function createConnection(): Connection {
  return new Connection({
    open: () => new WebSocket(socketTo("/api/v1/stream")),
    now: Date.now,
    random: Math.random,
    setTimer: (work, delayMs) => window.setTimeout(work, delayMs),
    clearTimer: (timer) => window.clearTimeout(timer),
    onLoginNeeded: () => setSessionState("out"),
  });
}

const ConnectionContext = createContext<Connection | null>(null);
export const ConnectionProvider = ConnectionContext.Provider;

export function useConnection(): Connection {
  const connection = useContext(ConnectionContext);
  if (connection === null) throw new Error("there is no ConnectionProvider around this component");
  return connection;
}

export function useConnectionState(): ConnectionState {
  const connection = useConnection();
  return useSyncExternalStore(
    useMemo(() => (listener: () => void) => connection.onChange(listener), [connection]),
    () => connection.state,
  );
}

export function useRunStatus(store: RunStore): RunStatus {
  return useSyncExternalStore(useStatusChanges(store), () => store.status);
}

/** A part of what is known about a run; renders again only when that part is another one. */
export function useRunPart<T>(store: RunStore, select: (view: RunView) => T): T {
  return useSyncExternalStore(useStatusChanges(store), () => select(store.view));
}

/** Renders again with every new picture of the run's charts. */
export function useRunVersion(store: RunStore): number {
  return useSyncExternalStore(useStatusChanges(store), () => store.version);
}

function useStatusChanges(store: RunStore): (listener: () => void) => () => void {
  return useMemo(() => (listener: () => void) => store.onStatus(listener), [store]);
}

/** The present time, again and again. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), everyMs);
    return () => window.clearInterval(timer);
  }, [everyMs]);
  return now;
}
