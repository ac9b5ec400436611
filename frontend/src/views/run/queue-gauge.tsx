/** The queue of ga3c at a glance: how full, how old, and whether learning keeps up with acting. */

import { formatMeasured, UNIT_SPACE } from "../../format/numbers";
import { useRunPart, useRunVersion } from "../../live/hooks";
import type { RunStore } from "../../live/run-store";
import styles from "./queue-gauge.module.css";
import { balancePosition, queueVerdict } from "./queue-reading";

export function QueueGauge({ store }: { store: RunStore }) {
  useRunVersion(store);
  const isRunning = useRunPart(store, (view) => view.state === "running");
  const capacity = Number(useRunPart(store, (view) => view.used.queue_capacity?.setting ?? 0));
  // As recorded: smoothing is for curves.
  const newest = (metric: string) => store.charts.samples(metric)?.high.at(-1) ?? null;
  const depth = newest("queue_depth");
  const age = newest("queue_age_s");
  const balance = newest("learning_balance");
  const fill = depth === null || capacity === 0 ? 0 : Math.min(1, depth / capacity);
  return (
    <section className={styles.gauge} aria-label="Queue" data-explain="control.queue">
      <div className={styles.part}>
        <span className={styles.label}>queue</span>
        <span className={styles.track} aria-hidden="true">
          <span className={styles.fill} style={{ width: `${fill * 100}%` }} />
        </span>
        <span className={styles.value}>
          {depth === null ? "–" : Math.round(depth)} of {capacity} segments
        </span>
      </div>
      <div className={styles.part}>
        <span className={styles.label}>oldest waits</span>
        <span className={styles.value}>
          {age === null ? "–" : Math.round(age * 1000)}
          {UNIT_SPACE}ms
        </span>
      </div>
      <div className={styles.part}>
        <span
          className={styles.label}
          title="Updates per second × samples in an update, against env steps per second"
        >
          learned / acted
        </span>
        <span className={styles.track} data-centred aria-hidden="true">
          {balance !== null && (
            <span
              className={styles.needle}
              style={{ left: `${balancePosition(balance) * 100}%` }}
            />
          )}
        </span>
        <span className={styles.value}>{formatMeasured(balance)}</span>
      </div>
      <p className={styles.verdict}>
        {isRunning && depth !== null ? queueVerdict(fill, balance) : ""}
      </p>
    </section>
  );
}
