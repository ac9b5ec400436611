/** From where on the run warns, changed while it trains. */

import { useState } from "react";
import { setAlertThresholds } from "../../api/actions";
import type { AlertRule } from "../../api/types";
import { hasChoice } from "../../format/thresholds";
import { useRunPart } from "../../live/hooks";
import type { RunStore } from "../../live/run-store";
import { ThresholdControl } from "../../ui/threshold-control";
import { useLookingOn } from "../../ui/use-looking-on";
import styles from "./alerts.module.css";
import { wordsFor } from "./use-tuning";

const CHANGEABLE = new Set(["queued", "starting", "running", "paused"]);

/** Where a link to the threshold of a rule leads. */
export function thresholdId(rule: string): string {
  return `threshold-${rule}`;
}

interface AlertThresholdsProps {
  readonly store: RunStore;
  /** Of the run's present mode. */
  readonly rules: readonly AlertRule[];
}

export function AlertThresholds({ store, rules }: AlertThresholdsProps) {
  const thresholds = useRunPart(store, (view) => view.thresholds);
  const lookingOn = useLookingOn();
  const isChangeable = useRunPart(store, (view) => CHANGEABLE.has(view.state));
  const [errors, setErrors] = useState<ReadonlyMap<string, string>>(new Map());
  const ask = async (name: string, threshold: number | null) => {
    const complain = (words: string | null) =>
      setErrors((before) => {
        const rest = [...before].filter(([other]) => other !== name);
        return new Map(words === null ? rest : [...rest, [name, words]]);
      });
    try {
      const command = await setAlertThresholds(store.runId, { [name]: threshold });
      complain(command.state === "rejected" ? (command.error ?? "rejected") : null);
    } catch (error) {
      complain(wordsFor([name], error).get(name) ?? null);
    }
  };
  return (
    <section className={styles.thresholds} aria-labelledby="thresholds">
      <h3 id="thresholds">When to warn</h3>
      <p className={styles.quiet}>
        {lookingOn ??
          (isChangeable
            ? "A change is in force at once, and stands in the ledger."
            : "They can be changed while the run trains, waits or is paused.")}
      </p>
      <div>
        {rules.filter(hasChoice).map((rule) => (
          <div key={rule.name} id={thresholdId(rule.name)} tabIndex={-1}>
            <ThresholdControl
              rule={rule}
              threshold={thresholds[rule.name] ?? rule.threshold}
              defaultThreshold={rule.threshold}
              disabled={!isChangeable || lookingOn !== null}
              error={errors.get(rule.name) ?? null}
              onCommit={(next) => void ask(rule.name, next === rule.threshold ? null : next)}
            />
          </div>
        ))}
      </div>
    </section>
  );
}
