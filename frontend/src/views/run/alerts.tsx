/** What the run warns of and has warned of: since when, what it means, what to try, from where on. */

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { memo } from "react";
import { describeError } from "../../api/problem";
import { alertRulesQuery } from "../../api/queries";
import type { AlertRule, AlgorithmDescription } from "../../api/types";
import { chartId } from "../../charts/metric-chart";
import { formatMoment, formatTimeOfDay } from "../../format/durations";
import { hasChoice } from "../../format/thresholds";
import { useNow, useRunPart } from "../../live/hooks";
import type { RunStore } from "../../live/run-store";
import type { ShownAlert } from "../../live/run-view";
import { useTimeUnit } from "../../ui/preferences";
import { SeverityIcon, toneOf } from "../../ui/severity";
import { type AlertPlace, alertPlace } from "./alert-chart";
import { alertLabel, byGravity, lastingText, movedThreshold } from "./alert-text";
import { AlertThresholds, thresholdId } from "./alert-thresholds";
import styles from "./alerts.module.css";
import { hasEnded } from "./availability";
import { goTo } from "./go-to";
import type { RewindTarget } from "./rewinding";
import { type RunSearch, withTab } from "./view-state";
import { WayBack } from "./way-back";

const AGES_EVERY_MS = 1_000;

interface AlertsProps {
  readonly store: RunStore;
  /** Of the run's present mode. */
  readonly algorithm: AlgorithmDescription;
  readonly search: RunSearch;
  readonly onSearch: (search: RunSearch) => void;
  /** Null: the run can't go back anywhere. */
  readonly onRewind: ((target: RewindTarget) => void) | null;
}

export const Alerts = memo(function Alerts(props: AlertsProps) {
  const { store, algorithm, search, onSearch, onRewind } = props;
  const alerts = useRunPart(store, (view) => view.alerts);
  const thresholds = useRunPart(store, (view) => view.thresholds);
  const ended = useRunPart(store, (view) => hasEnded(view.state));
  const rules = useQuery(alertRulesQuery);
  const now = useNow(AGES_EVERY_MS);
  const known = rules.data ?? [];
  const watched = known.filter(({ algorithms }) => algorithms.includes(algorithm.name));
  const raised = byGravity(alerts.filter(({ clearedAtEnvStep }) => clearedAtEnvStep === null));
  const over = alerts.filter(({ clearedAtEnvStep }) => clearedAtEnvStep !== null).toReversed();
  const moved = (alert: ShownAlert) => {
    const rule = known.find(({ name }) => name === alert.name);
    return movedThreshold(alert, thresholds[alert.name] ?? rule?.threshold, rule);
  };
  const show = (place: AlertPlace) => {
    if (place.kind === "workers") onSearch(withTab(search, "workers"));
    else if (place.kind === "large") goTo("return");
    else {
      const { charts: _before, ...rest } = search;
      onSearch(place.set === "overview" ? rest : { ...rest, charts: place.set });
      goTo(chartId(place.metric));
    }
  };
  return (
    <section className={styles.alerts} aria-label="Alerts">
      {rules.error !== null && (
        <p className={styles.error} role="alert">
          What the rules mean can't be told: {describeError(rules.error)}{" "}
          <Button size="compact-xs" onClick={() => void rules.refetch()}>
            Try again
          </Button>
        </p>
      )}
      {raised.length === 0 && (
        <p className={styles.quiet}>
          {ended ? "Nothing was wrong when the run ended." : "Nothing to warn of now."}
          {watched.length > 0 && ` ${watched.length} rules watch a run of this mode.`}
        </p>
      )}
      {/* Of what changes in it only new alerts are told aloud: ages change every second. */}
      <ul aria-live="polite" aria-relevant="additions">
        {raised.map((alert) => (
          <RaisedAlert
            key={keyOf(alert)}
            store={store}
            onRewind={onRewind}
            alert={alert}
            rules={known}
            now={ended ? null : now}
            algorithm={algorithm}
            search={search}
            onShow={show}
            moved={moved(alert)}
          />
        ))}
      </ul>
      {over.length > 0 && <PastAlerts alerts={over} rules={known} />}
      {rules.isPending ? (
        <p className={styles.quiet} role="status">
          Asking for the rules…
        </p>
      ) : (
        <AlertThresholds store={store} rules={watched} />
      )}
    </section>
  );
});

interface RaisedAlertProps extends Pick<AlertsProps, "store" | "onRewind"> {
  readonly alert: ShownAlert;
  readonly rules: readonly AlertRule[];
  /** Milliseconds; null: the run has ended with it. */
  readonly now: number | null;
  readonly algorithm: AlgorithmDescription;
  readonly search: RunSearch;
  readonly onShow: (place: AlertPlace) => void;
  /** Said where it has been changed since. */
  readonly moved: string | null;
}

function RaisedAlert(props: RaisedAlertProps) {
  const { store, onRewind, alert, rules, now, algorithm, search, onShow, moved } = props;
  const unit = useTimeUnit();
  const rule = rules.find(({ name }) => name === alert.name);
  const tone = toneOf(alert);
  const place =
    rule === undefined ? null : alertPlace(rule, algorithm, search.charts ?? "overview");
  return (
    <li className={styles.alert} data-tone={tone}>
      <SeverityIcon tone={tone} />
      <div>
        <p className={styles.title}>
          <strong>{alertLabel(alert.name, rules)}</strong>
          <span>{alert.message}</span>
          <time
            className={styles.since}
            dateTime={alert.raised_at}
            title={formatMoment(alert.raised_at)}
          >
            {lastingText(alert, now, unit)}
          </time>
        </p>
        <p className={styles.hint}>
          {tone === "good" ? (
            alert.hint
          ) : (
            <>
              {rule?.meaning} <b>Try:</b> {alert.hint}
            </>
          )}
        </p>
        <WayBack store={store} alert={alert.name} onRewind={onRewind} />
        <p className={styles.facts}>
          {moved !== null && <span>{moved}</span>}
          {place !== null && (
            <button type="button" onClick={() => onShow(place)}>
              {placeText(place)}
            </button>
          )}
          {rule !== undefined && hasChoice(rule) && (
            <button type="button" onClick={() => goTo(thresholdId(rule.name))}>
              To its threshold
            </button>
          )}
        </p>
      </div>
    </li>
  );
}

function placeText(place: AlertPlace): string {
  if (place.kind === "workers") return "Show the workers";
  return place.kind === "large" ? "Show the return" : `Show the chart of ${place.label}`;
}

interface PastAlertsProps {
  readonly alerts: readonly ShownAlert[];
  readonly rules: readonly AlertRule[];
}

function PastAlerts({ alerts, rules }: PastAlertsProps) {
  const unit = useTimeUnit();
  return (
    <details className={styles.over}>
      <summary>{alerts.length === 1 ? "1 is over" : `${alerts.length} are over`}</summary>
      <ul>
        {alerts.map((alert) => (
          <li key={keyOf(alert)} className={styles.past}>
            <SeverityIcon tone={toneOf(alert)} size={13} />
            <time dateTime={alert.raised_at} title={formatMoment(alert.raised_at)}>
              {formatTimeOfDay(alert.raised_at)}
            </time>
            <span className={styles.what}>
              <b>{alertLabel(alert.name, rules)}</b> {alert.message}
            </span>
            <span className={styles.lasted}>{lastingText(alert, null, unit)}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function keyOf(alert: ShownAlert): string {
  return `${alert.name} ${alert.since_env_step} ${alert.raised_at}`;
}
