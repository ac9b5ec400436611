/** Says that the line is lost, when it will be tried again, and lets people not wait. */

import { Button } from "@mantine/core";
import { useConnection, useConnectionState, useNow } from "../../live/hooks";
import styles from "./connection-banner.module.css";

export function ConnectionBanner() {
  const connection = useConnection();
  const state = useConnectionState();
  const now = useNow(500);
  const isLost =
    state.phase === "waiting" || (state.phase === "connecting" && connection.hasFailed);
  if (isLost) {
    const seconds =
      state.phase === "waiting" ? Math.max(0, Math.ceil((state.retryAtMs - now) / 1000)) : 0;
    return (
      <div className={styles.banner} role="status">
        <strong>Connection lost.</strong>
        <span>
          The runs go on without this page; nothing will be missed.{" "}
          <span aria-hidden="true">
            {seconds > 0 ? `Trying again in ${seconds} s.` : "Trying again now."}
          </span>
        </span>
        <Button onClick={() => connection.connect()}>Retry now</Button>
      </div>
    );
  }
  if (connection.isPageOutdated) {
    return (
      <div className={styles.banner} role="status">
        <strong>The server has been updated.</strong>
        <span>This page is older than the server now.</span>
        <Button onClick={() => window.location.reload()}>Reload</Button>
      </div>
    );
  }
  return null;
}
