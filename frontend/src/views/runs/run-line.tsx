/** One run in the large list. */

import { Link } from "@tanstack/react-router";
import { memo } from "react";
import { ACTIVE_STATES } from "../../api/queries";
import type { Run } from "../../api/types";
import { formatMoment, formatSpan } from "../../format/durations";
import { formatQueuePlace } from "../../format/life";
import { formatCount, formatExactCount, formatMeasured } from "../../format/numbers";
import { useTimeUnit } from "../../ui/preferences";
import { StateGlyph, stateWord } from "../../ui/state-glyph";
import { ReturnSparkline } from "./return-sparkline";
import styles from "./runs-page.module.css";

interface RunLineProps {
  readonly run: Run;
  readonly isChosen: boolean;
  /** @param isRange all from the one chosen before, with Shift */
  readonly onChoose: (runId: string, isChosen: boolean, isRange: boolean) => void;
}

export const RunLine = memo(function RunLine({ run, isChosen, onChoose }: RunLineProps) {
  const { progress, queue_position: place } = run;
  const isActive = ACTIVE_STATES.has(run.state);
  const unit = useTimeUnit();
  return (
    <li className={styles.line} data-chosen={isChosen || undefined}>
      <input
        type="checkbox"
        className={styles.check}
        aria-label={`Choose ${run.name}`}
        checked={isChosen}
        onChange={(event) => {
          const native = event.nativeEvent as Partial<MouseEvent>;
          onChoose(run.id, event.currentTarget.checked, native.shiftKey === true);
        }}
      />
      <StateGlyph state={run.state} />
      <span className={styles.what}>
        <Link
          to="/runs/$runId"
          params={{ runId: run.id }}
          className={styles.name}
          title={run.name}
          data-run-link
        >
          {run.name}
        </Link>
        <span className={styles.sub}>
          {place == null ? stateWord(run.state) : `queued, ${formatQueuePlace(place)}`} ·{" "}
          {run.environment.id} · {run.algorithm} · seed {run.seed}
          {run.steered && " · steered"}
          {run.parent != null && " · fork"}
          {run.tags.map((tag) => ` · ${tag}`)}
        </span>
      </span>
      <span className={styles.curve}>
        <ReturnSparkline run={run} width={96} height={24} />
      </span>
      <span className={styles.figure} title="mean return of the last 100 episodes">
        <small>return</small> {formatMeasured(progress.mean_return_100)}
      </span>
      <span className={styles.figure} title={`${formatExactCount(progress.env_steps)} env steps`}>
        <small>steps</small> {formatCount(progress.env_steps)}
      </span>
      <span className={styles.figure}>
        <small>{isActive ? "per second" : "trained"}</small>{" "}
        {isActive ? formatCount(progress.steps_per_second) : formatSpan(progress.seconds, unit)}
      </span>
      <time className={styles.when} dateTime={run.created_at}>
        {formatMoment(run.created_at)}
      </time>
    </li>
  );
});
