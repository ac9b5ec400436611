/** A few numbers of the run that a paragraph is about, each with what it means. */

import type { MetricDefinition } from "../../api/types";
import { MetricExplanation } from "../../charts/metric-chart";
import { formatMeasured } from "../../format/numbers";
import { describeSetting } from "../../format/settings";
import { useLearnRun, useNewest, useUsed } from "./learn-run";
import styles from "./run-figures.module.css";

interface RunFiguresProps {
  readonly metrics?: readonly string[];
  readonly settings?: readonly string[];
}

/** Nothing at all without a run. */
export function RunFigures({ metrics = [], settings = [] }: RunFiguresProps) {
  const live = useLearnRun();
  if (live === null) return null;
  const definitions = metrics.flatMap(
    (name) => live.algorithm.metrics.find((metric) => metric.name === name) ?? [],
  );
  const knobs = settings.flatMap(
    (name) => live.algorithm.hyperparameters.find((each) => each.name === name) ?? [],
  );
  if (definitions.length + knobs.length === 0) return null;
  return (
    <section className={styles.figures} aria-label="In your run">
      <h3>In your run</h3>
      <dl>
        {knobs.map(({ name, label }) => (
          <Knob key={name} name={name} label={label} />
        ))}
        {definitions.map((definition) => (
          <Measured key={definition.name} definition={definition} />
        ))}
      </dl>
    </section>
  );
}

function Knob({ name, label }: { name: string; label: string }) {
  const value = useUsed(name);
  return (
    <div>
      <dt>{label}</dt>
      <dd>{value === null ? "–" : describeSetting(value)}</dd>
    </div>
  );
}

/** Not there before it has been measured: some never are. */
function Measured({ definition }: { definition: MetricDefinition }) {
  const { name, label, unit } = definition;
  const value = useNewest(name);
  if (value === null) return null;
  return (
    <div>
      <dt>
        {label}
        <MetricExplanation definition={definition} />
      </dt>
      <dd>
        {formatMeasured(value)}
        {unit !== "" && <span className={styles.unit}> {unit}</span>}
      </dd>
    </div>
  );
}
