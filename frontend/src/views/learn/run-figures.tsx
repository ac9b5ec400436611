/** A few numbers of the run that a paragraph is about, each with what it means. */

import { MetricExplanation } from "../../charts/metric-chart";
import { formatMeasured, formatSetting } from "../../format/numbers";
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
          <div key={definition.name}>
            <dt>
              {definition.label}
              <MetricExplanation definition={definition} />
            </dt>
            <dd>
              <Newest metric={definition.name} />
            </dd>
          </div>
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
      <dd>{typeof value === "number" ? formatSetting(value) : String(value ?? "–")}</dd>
    </div>
  );
}

function Newest({ metric }: { metric: string }) {
  return formatMeasured(useNewest(metric));
}
