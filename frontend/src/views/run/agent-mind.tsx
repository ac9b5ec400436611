/** What the agent thinks of what it sees: how probable each action is, and V of the last steps. */

import type { ViewFrame } from "../../api/types";
import { choiceNames, numberNames } from "../../format/action-names";
import { formatMeasured, UNIT_SPACE } from "../../format/numbers";
import { TRAIL_STEPS, type TrailPoint, trailExtent } from "../../live/value-trail";
import styles from "./agent.module.css";
import { branchesOf } from "./agent-text";

const STRIP_WIDTH = TRAIL_STEPS;
const STRIP_HEIGHT = 60;

export function ActionBars({
  environmentId,
  frame,
}: {
  readonly environmentId: string;
  readonly frame: ViewFrame | null;
}) {
  if (frame === null) return null;
  if (frame.probabilities === null) return <Numbers environmentId={environmentId} frame={frame} />;
  const branches = branchesOf(frame.probabilities);
  const last = [frame.action].flat(2);
  return (
    <section className={styles.bars} aria-label="Action probabilities">
      <h3>π(a | s)</h3>
      {branches.map((branch, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a choice is its place
        <dl key={place}>
          {choiceNames(environmentId, branch.length).map((name, index) => (
            <div key={name} className={styles.bar} data-last={last[place] === index || undefined}>
              <dt>{branches.length > 1 ? `${place}: ${name}` : name}</dt>
              <dd>
                <span className={styles.track} aria-hidden="true">
                  <span style={{ transform: `scaleX(${branch[index] ?? 0})` }} />
                </span>
                <span className={styles.share}>
                  {((branch[index] ?? 0) * 100).toFixed(0)}
                  {UNIT_SPACE}%
                </span>
              </dd>
            </div>
          ))}
        </dl>
      ))}
    </section>
  );
}

function Numbers({
  environmentId,
  frame,
}: {
  readonly environmentId: string;
  readonly frame: ViewFrame;
}) {
  const { mean = [], deviation = [] } = {
    mean: frame.mean ?? [],
    deviation: frame.deviation ?? [],
  };
  const done = [frame.action].flat(2);
  return (
    <section className={styles.bars} aria-label="Actions as numbers">
      <h3>π(a | s): mean ± deviation, and what was done last</h3>
      <dl>
        {numberNames(environmentId, mean.length).map((name, index) => (
          <div key={name} className={styles.bar}>
            <dt>{name}</dt>
            <dd>
              <span>
                {formatMeasured(mean[index])} ± {formatMeasured(deviation[index])}
              </span>
              <span className={styles.share}>{formatMeasured(done[index])}</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export function ValueStrip({
  points,
  value,
}: {
  readonly points: readonly TrailPoint[];
  readonly value: number | null;
}) {
  const extent = trailExtent(points);
  const [low, high] = extent ?? [0, 1];
  const y = (v: number) => STRIP_HEIGHT * (1 - (v - low) / (high - low));
  const from = TRAIL_STEPS - points.length;
  const line = points
    .map(
      (point, index) =>
        `${point.isFirst || index === 0 ? "M" : "L"}${from + index} ${y(point.value).toFixed(2)}`,
    )
    .join("");
  return (
    <section className={styles.strip} aria-label="Value of the last steps">
      <h3>
        V(s) <strong>{formatMeasured(value)}</strong>
        <span className={styles.span}>last {TRAIL_STEPS} steps</span>
      </h3>
      <div className={styles.plot}>
        <svg
          viewBox={`0 0 ${STRIP_WIDTH} ${STRIP_HEIGHT}`}
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          {points.map(
            (point, index) =>
              point.isFirst && (
                <path
                  // biome-ignore lint/suspicious/noArrayIndexKey: lines have no state
                  key={index}
                  className={styles.begin}
                  d={`M${from + index} 0V${STRIP_HEIGHT}`}
                />
              ),
          )}
          <path className={styles.curve} d={line} />
        </svg>
        <span className={styles.high}>{extent === null ? "" : formatMeasured(high)}</span>
        <span className={styles.low}>{extent === null ? "" : formatMeasured(low)}</span>
      </div>
    </section>
  );
}
