/** The threshold of one alert: from where on, what it means, the way back to its default. */

import { ActionIcon, Tooltip } from "@mantine/core";
import { useId } from "react";
import type { AlertRule } from "../api/types";
import { formatSetting, formatShare } from "../format/numbers";
import { describeThreshold, formatLimit } from "../format/thresholds";
import { Explain, type Explanation } from "./explain";
import { Icon } from "./icons";
import { NumberBox } from "./number-box";
import styles from "./setting-control.module.css";
import { SeverityIcon } from "./severity";

interface ThresholdControlProps {
  readonly rule: AlertRule;
  readonly threshold: number;
  /** Where the reset button leads. */
  readonly defaultThreshold: number;
  readonly disabled?: boolean;
  readonly error: string | null;
  readonly onCommit: (threshold: number) => void;
}

export function ThresholdControl(props: ThresholdControlProps) {
  const { rule, threshold, defaultThreshold, disabled = false, error, onCommit } = props;
  const errorId = useId();
  return (
    <fieldset
      className={styles.control}
      disabled={disabled}
      aria-describedby={error === null ? undefined : errorId}
      data-invalid={error !== null || undefined}
    >
      <legend className="visually-hidden">{rule.label}</legend>
      <div className={styles.head}>
        <SeverityIcon tone={rule.severity} size={13} />
        <span className={styles.label}>{rule.label}</span>
        <Explain explanation={explain(rule)} />
        <span className={styles.tools}>
          {threshold !== defaultThreshold && (
            <Tooltip label={`Back to ${formatSetting(defaultThreshold)}`}>
              <ActionIcon
                size={24}
                aria-label={`Reset ${rule.label}`}
                disabled={disabled}
                onClick={() => onCommit(defaultThreshold)}
              >
                <Icon name="reset" size={13} />
              </ActionIcon>
            </Tooltip>
          )}
          <NumberBox
            value={threshold}
            label={`Threshold of ${rule.label}`}
            disabled={disabled}
            onCommit={onCommit}
          />
        </span>
      </div>
      <div className={styles.footer}>{describeThreshold(rule, threshold)}</div>
      {error !== null && (
        <p id={errorId} className={styles.error} role="alert">
          {error}
        </p>
      )}
    </fieldset>
  );
}

function explain(rule: AlertRule): Explanation {
  const { minimum, maximum, unit } = rule;
  // The box takes what the API takes; of a share also what that means.
  const range = `${formatSetting(minimum)} to ${formatSetting(maximum)}`;
  const meant = `${formatLimit(rule, minimum)} to ${formatLimit(rule, maximum)}`;
  const allowed = meant === range ? range : `${range}: ${meant}`;
  const facts: [string, string][] = [
    ["allowed", [allowed, unit].join(" ").trim()],
    ["default", describeThreshold(rule, rule.threshold)],
  ];
  if (rule.after_updates > 0) facts.push(["watched", `after ${rule.after_updates} updates`]);
  if (rule.after_budget > 0) {
    facts.push(["watched", `after ${formatShare(rule.after_budget)} of the budget`]);
  }
  if (rule.unless_solved) facts.push(["not watched", "while the task is (nearly) solved"]);
  facts.push(["source", rule.source]);
  return {
    title: rule.label,
    meaning: rule.meaning,
    guidance: rule.hint,
    equation: rule.equation,
    facts,
  };
}
