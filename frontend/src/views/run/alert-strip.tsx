/** What needs looking at now, first in whichever tab is open, except "Alerts", which has it all. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { memo } from "react";
import { alertRulesQuery } from "../../api/queries";
import { formatCount } from "../../format/numbers";
import { useRunPart } from "../../live/hooks";
import type { RunStore } from "../../live/run-store";
import { raisedAlerts } from "../../live/run-view";
import { gravest, SeverityIcon, toneOf } from "../../ui/severity";
import { alertLabel, byGravity, isUrgent, troubleCount } from "./alert-text";
import styles from "./alerts.module.css";
import type { RewindTarget } from "./rewinding";
import { WayBack } from "./way-back";

/** Where the tabs are. */
export const RECORDS_PLACE = "records";

export function AlertBadge({ store }: { store: RunStore }) {
  const alerts = useRunPart(store, (view) => view.alerts);
  const raised = alerts.filter(({ clearedAtEnvStep }) => clearedAtEnvStep === null);
  const severity = gravest(raised);
  if (severity === null) return null;
  const troubles = troubleCount(raised);
  return (
    <Link
      className={styles.badge}
      data-tone={severity}
      from="/runs/$runId"
      search={(before) => ({ ...before, tab: "alerts" as const })}
      hash={RECORDS_PLACE}
      replace
    >
      <SeverityIcon tone={severity} size={13} />
      {troubles === 1 ? "1 alert" : `${troubles} alerts`}
    </Link>
  );
}

interface AlertStripProps {
  readonly store: RunStore;
  /** Null: the run can't go back anywhere. */
  readonly onRewind: ((target: RewindTarget) => void) | null;
}

export const AlertStrip = memo(function AlertStrip({ store, onRewind }: AlertStripProps) {
  useRunPart(store, (view) => view.alerts);
  const { data: rules = [] } = useQuery(alertRulesQuery);
  const urgent = byGravity(raisedAlerts(store.view)).filter(isUrgent);
  return (
    <section className={styles.strip} aria-label="Alerts now" data-empty={urgent.length === 0}>
      <ul aria-live="polite">
        {urgent.map((alert) => {
          const tone = toneOf(alert);
          return (
            <li key={`${alert.name} ${alert.raised_at}`} className={styles.alert} data-tone={tone}>
              <SeverityIcon tone={tone} />
              <div>
                <p className={styles.title}>
                  <strong>{alertLabel(alert.name, rules)}</strong>
                  <span>{alert.message}</span>
                  <span className={styles.since}>
                    since step {formatCount(alert.since_env_step)}
                  </span>
                </p>
                {tone !== "warning" && <p className={styles.hint}>{alert.hint}</p>}
                <WayBack store={store} alert={alert.name} onRewind={onRewind} />
              </div>
            </li>
          );
        })}
      </ul>
    </section>
  );
});
