/** What the run is to warn of, and from where on: folded away, as hardly anybody changes it. */

import type { AlertRule } from "../../api/types";
import { ThresholdControl } from "../../ui/threshold-control";
import styles from "./new-run-page.module.css";
import { type DraftContext, startingThreshold, watchedRules } from "./run-draft";

type Thresholds = Readonly<Record<string, number>>;

interface AlertFieldsProps {
  readonly context: DraftContext;
  readonly thresholds: Thresholds;
  readonly errors: ReadonlyMap<string, string>;
  readonly onChange: (thresholds: Thresholds) => void;
}

export function AlertFields({ context, thresholds, errors, onChange }: AlertFieldsProps) {
  const rules: AlertRule[] = watchedRules(context);
  const changed = rules.filter(({ name }) => name in thresholds).length;
  const isRefused = rules.some(({ name }) => errors.has(`alerts.${name}`));
  return (
    <details className={styles.alerts} {...(isRefused ? { open: true } : {})}>
      <summary>
        <h2>Alerts</h2>
        <span>{changed === 0 ? `${rules.length} thresholds` : `${changed} changed`}</span>
      </summary>
      {rules.map((rule) => {
        const { [rule.name]: chosen, ...rest } = thresholds;
        const start = startingThreshold(rule, context);
        return (
          <ThresholdControl
            key={rule.name}
            rule={rule}
            threshold={chosen ?? start}
            defaultThreshold={start}
            error={errors.get(`alerts.${rule.name}`) ?? null}
            onCommit={(next) => onChange(next === start ? rest : { ...rest, [rule.name]: next })}
          />
        );
      })}
    </details>
  );
}
