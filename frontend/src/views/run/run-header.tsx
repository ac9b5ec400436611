/** The face of the instrument: name, true state, controls, the numbers that count. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ApiProblem } from "../../api/problem";
import { ACTIVE_STATES, runQuery } from "../../api/queries";
import type { Parent, Run } from "../../api/types";
import { formatSpan, formatTrainingTime } from "../../format/durations";
import { formatQueuePlace, formatRestarts } from "../../format/life";
import { formatCount, formatExactCount, formatMeasured, formatShare } from "../../format/numbers";
import { describeSetting } from "../../format/settings";
import { useRunPart } from "../../live/hooks";
import type { RunStore } from "../../live/run-store";
import { Figure } from "../../ui/figure";
import { Icon } from "../../ui/icons";
import { useTimeUnit } from "../../ui/preferences";
import { StateGlyph, stateColour, stateWord } from "../../ui/state-glyph";
import { AlertBadge } from "./alert-strip";
import { Controls } from "./controls";
import styles from "./run-header.module.css";
import { RunMenu } from "./run-menu";
import { RunName } from "./run-name";

export function RunHeader({ run, store }: { run: Run; store: RunStore }) {
  const state = useRunPart(store, (view) => view.state);
  // All three can be changed while it trains.
  const algorithm = useRunPart(store, (view) => view.used.algorithm?.setting ?? run.algorithm);
  const workers = useRunPart(store, (view) => view.used.workers?.setting ?? run.spec.workers);
  const environments = useRunPart(
    store,
    (view) => view.used.envs_per_worker?.setting ?? run.spec.envs_per_worker,
  );
  return (
    <header className={styles.header}>
      <div className={styles.top}>
        <div className={styles.title}>
          <RunName run={run} />
          <p className={styles.subtitle}>
            <span className={styles.state} style={{ color: stateColour(state) }} role="status">
              <StateGlyph state={state} size={12} />
              {stateWord(state)}
              {state === "queued" &&
                run.queue_position != null &&
                `, ${formatQueuePlace(run.queue_position)}`}
            </span>
            <span>
              {run.environment.id} · {String(algorithm)}
              {run.spec.lockstep && " in lockstep"} · {describeSetting(workers)} ×{" "}
              {describeSetting(environments)} environments
              {run.spec.processes > 1 && ` in ${run.spec.processes} processes`} · seed {run.seed}
            </span>
            {run.parent != null && <Origin parent={run.parent} />}
          </p>
        </div>
        <div className={styles.actions}>
          <Controls run={run} store={store} />
          <RunMenu run={run} store={store} />
        </div>
      </div>
      <Figures store={store} />
      <Trouble run={run} />
      <Restarts run={run} store={store} />
      <Reason run={run} store={store} />
    </header>
  );
}

/** Where a fork came from. */
function Origin({ parent }: { parent: Parent }) {
  const { data, error } = useQuery(runQuery(parent.run_id));
  const isGone = error instanceof ApiProblem && error.status === 404;
  return (
    <span>
      forked from{" "}
      {isGone ? (
        "a run that was deleted"
      ) : (
        <Link to="/runs/$runId" params={{ runId: parent.run_id }}>
          {data?.name ?? "its parent"}
        </Link>
      )}{" "}
      at step {formatCount(parent.env_step)}
    </span>
  );
}

function Figures({ store }: { store: RunStore }) {
  const progress = useRunPart(store, (view) => view.progress);
  const isRunning = useRunPart(store, (view) => view.state === "running");
  const steered = useRunPart(store, (view) => view.steered);
  const unit = useTimeUnit();
  const { solved_at: solved, budget_fraction: budget } = progress;
  return (
    <>
      <div className={styles.readings}>
        <dl className={styles.figures}>
          <Figure
            label="env steps"
            explain="figure.env_steps"
            value={formatCount(progress.env_steps)}
            exact={formatExactCount(progress.env_steps)}
          />
          {progress.frames !== null && (
            <Figure
              label="frames"
              explain="figure.frames"
              value={formatCount(progress.frames)}
              exact={formatExactCount(progress.frames)}
            />
          )}
          <Figure
            label="steps/s"
            explain="figure.steps_per_second"
            value={isRunning ? formatCount(progress.steps_per_second) : "–"}
          />
          <Figure
            label="training time"
            explain="figure.seconds"
            value={formatTrainingTime(progress.seconds, unit)}
          />
          <Figure
            label="episodes"
            explain="figure.episodes"
            value={formatCount(progress.episodes)}
            exact={formatExactCount(progress.episodes)}
          />
          <Figure
            label="mean return 100"
            explain="figure.return_100"
            value={formatMeasured(progress.mean_return_100)}
          />
          <Figure
            label="best"
            explain="figure.best"
            value={formatMeasured(progress.best_mean_return_100)}
          />
          <Figure
            label="budget"
            explain="figure.budget"
            value={budget === null ? "none" : formatShare(budget)}
          />
        </dl>
        <div className={styles.badges}>
          {solved !== null && (
            <span className={styles.solved}>
              <Icon name="check" size={13} />
              solved at {formatCount(solved.env_steps)} steps, {formatSpan(solved.seconds, unit)}
            </span>
          )}
          <AlertBadge store={store} />
          {steered && (
            <span
              className={styles.steered}
              title="Somebody changed a hyperparameter while it trained"
            >
              <Icon name="sliders" size={13} />
              steered
            </span>
          )}
        </div>
      </div>
      <div
        className={styles.budget}
        role="progressbar"
        aria-label="Budget used"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round((budget ?? 0) * 100)}
      >
        <span style={{ scale: `${budget ?? 0} 1` }} />
      </div>
    </>
  );
}

/** What its process can't write down: no event can tell that. */
function Trouble({ run }: { run: Run }) {
  if (run.trouble == null || !ACTIVE_STATES.has(run.state)) return null;
  return (
    <section className={styles.reason} data-tone="bad" role="alert" aria-label="Trouble">
      <p>
        <strong>The run can’t write everything down:</strong> {run.trouble}. It trains on. Mend the
        cause, and what is missing is written down by itself.
      </p>
    </section>
  );
}

/** That it died and lives again, and of what it died last. */
function Restarts({ run, store }: { run: Run; store: RunStore }) {
  const state = useRunPart(store, (view) => view.state);
  const death = useRunPart(store, (view) => view.lastDeath);
  const reason = useRunPart(store, (view) => view.reason);
  // Until it trains again, the reason for its state says the same.
  if (run.restarts === 0 || !ACTIVE_STATES.has(state) || reason) return null;
  const of = run.spec.recovery.max_restarts;
  return (
    <section className={styles.reason} data-tone="warn" aria-label="Restarts">
      <p>
        <strong>{capitalised(formatRestarts(run.restarts))}.</strong>{" "}
        {death !== null && `Last time because ${death.split("\n")[0]}. `}
        {`After ${of} in a row it stays failed.`}
      </p>
    </section>
  );
}

/** Why a run ended as it did; of a failure also the last lines that it wrote. */
function Reason({ run, store }: { run: Run; store: RunStore }) {
  const state = useRunPart(store, (view) => view.state);
  const reason = useRunPart(store, (view) => view.reason);
  if (reason === null || reason === "") return null;
  const [headline = "", ...rest] = reason.split("\n");
  const isBad = state === "failed";
  const isWarning = state === "interrupted" || (run.restarts > 0 && ACTIVE_STATES.has(state));
  return (
    <section
      className={styles.reason}
      data-tone={isBad ? "bad" : isWarning ? "warn" : "plain"}
      aria-label="Reason"
    >
      <p>
        <strong>{isBad ? "The run failed." : `${capitalised(stateWord(state))}.`}</strong>{" "}
        {capitalised(headline)}
      </p>
      {rest.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable
        <section className={styles.log} tabIndex={0} aria-label="Last lines of the log">
          <pre>{rest.join("\n")}</pre>
        </section>
      )}
    </section>
  );
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
