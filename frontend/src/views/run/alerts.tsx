/** What the run warns of: since when, what it means, what to try. */

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { memo, type ReactNode } from "react";
import { alertRulesQuery } from "../../api/queries";
import type { AlertRule } from "../../api/types";
import { formatTimeOfDay } from "../../format/durations";
import { isGoodNews } from "../../format/good-news";
import { formatCount } from "../../format/numbers";
import { useRunPart } from "../../live/hooks";
import { COLLAPSE } from "../../live/risky-change";
import type { RunStore } from "../../live/run-store";
import { raisedAlerts, type ShownAlert } from "../../live/run-view";
import { Icon } from "../../ui/icons";
import { gravest, SeverityIcon, toneOf } from "../../ui/severity";
import { AlertThresholds } from "./alert-thresholds";
import styles from "./alerts.module.css";
import { targetOf } from "./rewind-offer";
import type { RewindTarget } from "./rewinding";

/** Where the badge leads to. */
const PLACE = "alerts";

export function AlertBadge({ store }: { store: RunStore }) {
  const alerts = useRunPart(store, (view) => view.alerts);
  const raised = alerts.filter(({ clearedAtEnvStep }) => clearedAtEnvStep === null);
  const severity = gravest(raised);
  if (severity === null) return null;
  const troubles = raised.filter(({ name }) => !isGoodNews(name)).length;
  return (
    <a className={styles.badge} data-tone={severity} href={`#${PLACE}`}>
      <SeverityIcon tone={severity} size={13} />
      {troubles === 1 ? "1 alert" : `${troubles} alerts`}
    </a>
  );
}

interface AlertsProps {
  readonly store: RunStore;
  /** Null: the run can't go back anywhere. */
  readonly onRewind: ((target: RewindTarget) => void) | null;
}

export const Alerts = memo(function Alerts({ store, onRewind }: AlertsProps) {
  const risky = useRunPart(store, (view) => view.riskyChange);
  const wayBack = risky?.collapsedSeq != null && onRewind !== null ? targetOf(risky) : null;
  const alerts = useRunPart(store, (view) => view.alerts);
  const { data: rules = [] } = useQuery(alertRulesQuery);
  const algorithm = useRunPart(store, (view) => view.used.algorithm?.setting);
  const watched = rules.filter(({ algorithms }) => algorithms.some((name) => name === algorithm));
  const raised = raisedAlerts(store.view).toReversed();
  const over = alerts.filter(({ clearedAtEnvStep }) => clearedAtEnvStep !== null).toReversed();
  return (
    <section id={PLACE} className={styles.alerts} aria-labelledby="alerts-title" tabIndex={-1}>
      <h2 id="alerts-title">Alerts</h2>
      {raised.length === 0 && <p className={styles.quiet}>Nothing to warn of now.</p>}
      <ul aria-live="polite">
        {raised.map((alert) => (
          <Alert key={keyOf(alert)} alert={alert} rules={rules}>
            {alert.name === COLLAPSE && wayBack !== null && (
              <Button
                size="compact-xs"
                leftSection={<Icon name="undo" size={12} />}
                onClick={() => onRewind?.(wayBack)}
              >
                Rewind to before the last risky change, step {formatCount(wayBack.env_step)}
              </Button>
            )}
          </Alert>
        ))}
      </ul>
      {over.length > 0 && (
        <details className={styles.over}>
          <summary>{over.length === 1 ? "1 is over" : `${over.length} are over`}</summary>
          <ul>
            {over.map((alert) => (
              <Alert key={keyOf(alert)} alert={alert} rules={rules} />
            ))}
          </ul>
        </details>
      )}
      <AlertThresholds store={store} rules={watched} />
    </section>
  );
});

interface AlertProps {
  readonly alert: ShownAlert;
  readonly rules: readonly AlertRule[];
  /** What can be done at once. */
  readonly children?: ReactNode;
}

function Alert({ alert, rules, children }: AlertProps) {
  const rule = rules.find(({ name }) => name === alert.name);
  const { since_env_step: since, clearedAtEnvStep: end } = alert;
  const tone = toneOf(alert);
  return (
    <li className={styles.alert} data-tone={end === null ? tone : "over"}>
      <SeverityIcon tone={tone} />
      <div>
        <p className={styles.title}>
          <strong>{rule?.label ?? alert.name.replaceAll("_", " ")}</strong>
          <span>{alert.message}</span>
          <span className={styles.since}>
            {end === null
              ? `since step ${formatCount(since)}`
              : `step ${formatCount(since)} to ${formatCount(end)}`}
            , {formatTimeOfDay(alert.raised_at)}
          </span>
        </p>
        {end === null && (
          <p className={styles.hint}>
            {tone === "good" ? (
              alert.hint
            ) : (
              <>
                {rule?.meaning} <b>Try:</b> {alert.hint}
              </>
            )}
          </p>
        )}
        {children}
      </div>
    </li>
  );
}

function keyOf(alert: ShownAlert): string {
  return `${alert.name} ${alert.since_env_step} ${alert.raised_at}`;
}
