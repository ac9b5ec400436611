/** Quietly in the corner: whether the line is open, and how old the newest event is. */

import { formatAgo } from "../../format/durations";
import { useConnection, useConnectionState, useNow } from "../../live/hooks";
import styles from "./connection-light.module.css";

const WORDS = {
  idle: "not connected",
  connecting: "connecting",
  open: "live",
  waiting: "connection lost",
  refused: "not logged in",
} as const;

export function ConnectionLight() {
  const connection = useConnection();
  const { phase } = useConnectionState();
  const now = useNow(1_000);
  const { lastEventMs } = connection;
  return (
    <p className={styles.light} data-phase={phase}>
      <span className={styles.dot} aria-hidden="true" />
      <span>{WORDS[phase]}</span>
      {lastEventMs === null ? (
        <span className={styles.age}>no event yet</span>
      ) : (
        <span className={styles.age} title="Since the last event">
          <span className="visually-hidden">last event </span>
          {formatAgo((now - lastEventMs) / 1000)}
        </span>
      )}
    </p>
  );
}
