/** One run in the list: state, name, how the return went, how fast it is. */

import { Link } from "@tanstack/react-router";
import { ACTIVE_STATES } from "../../api/queries";
import type { Run } from "../../api/types";
import { isGoodNews } from "../../format/good-news";
import { formatQueuePlace, formatRestarts } from "../../format/life";
import { formatCount, formatMeasured } from "../../format/numbers";
import { gravest, SeverityIcon } from "../../ui/severity";
import { StateGlyph, stateWord } from "../../ui/state-glyph";
import { ReturnSparkline } from "../runs/return-sparkline";
import styles from "./run-row.module.css";

export function RunRow({ run, onFollow }: { run: Run; onFollow: () => void }) {
  const isActive = ACTIVE_STATES.has(run.state);
  return (
    <li>
      <Link
        to="/runs/$runId"
        params={{ runId: run.id }}
        className={styles.row}
        activeProps={{ "data-current": true, "aria-current": "page" }}
        onClick={onFollow}
      >
        <StateGlyph state={run.state} />
        {run.state === "running" && <span className="visually-hidden">running</span>}
        <span className={styles.head}>
          <span className={styles.name} title={run.name}>
            {run.name}
          </span>
          {isActive && run.trouble != null && (
            <span className={styles.alerts} title={run.trouble}>
              <SeverityIcon tone="critical" size={12} />
              <span className="visually-hidden">can’t write everything down</span>
            </span>
          )}
          <AlertCount run={run} />
        </span>
        <span className={styles.curve}>
          <ReturnSparkline run={run} width={56} height={18} />
        </span>
        <span className={styles.line}>{summary(run)}</span>
      </Link>
    </li>
  );
}

/** While it trains: afterwards it is history. */
function AlertCount({ run }: { run: Run }) {
  const severity = gravest(run.alerts);
  const troubles = run.alerts.filter(({ name }) => !isGoodNews(name));
  if (run.alerts.length === 0 || !ACTIVE_STATES.has(run.state)) return null;
  return (
    <span
      className={styles.alerts}
      title={run.alerts.map(({ name }) => name.replaceAll("_", " ")).join(", ")}
    >
      {troubles.length < run.alerts.length && <SeverityIcon tone="good" size={12} />}
      {severity !== null && (
        <>
          <SeverityIcon tone={severity} size={12} />
          {troubles.length}
        </>
      )}
    </span>
  );
}

function summary(run: Run): string {
  const { progress, queue_position: place } = run;
  const state = place == null ? stateWord(run.state) : `queued, ${formatQueuePlace(place)}`;
  const parts = [run.state === "running" ? `${formatCount(progress.steps_per_second)}/s` : state];
  if (run.restarts > 0 && ACTIVE_STATES.has(run.state)) parts.push(formatRestarts(run.restarts));
  if (progress.mean_return_100 !== null) {
    parts.push(`return ${formatMeasured(progress.mean_return_100)}`);
  }
  return parts.join(" · ");
}
