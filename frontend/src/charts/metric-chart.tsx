/** One of the small charts: title, newest value or the one under the pointer, range and line. */

import { memo, useState } from "react";
import { seriesExportUrl } from "../api/queries";
import type { MetricDefinition } from "../api/types";
import { formatMeasured } from "../format/numbers";
import { useRunVersion } from "../live/hooks";
import type { RunStore, ZoomRange } from "../live/run-store";
import { Explain } from "../ui/explain";
import { useSmallHeights } from "./chart-heights";
import type { MetricSubject, RunAbout } from "./chart-subject";
import { ExportMenu } from "./export-menu";
import { sampleAt } from "./extent";
import styles from "./metric-chart.module.css";
import { Plot } from "./plot";

interface MetricChartProps {
  readonly store: RunStore;
  readonly about: RunAbout;
  /** Of hyperparameters, by name. */
  readonly labels: ReadonlyMap<string, string>;
  readonly definition: MetricDefinition;
  readonly isSymlog: boolean;
  readonly zoom: ZoomRange | null;
  readonly onZoom: (range: ZoomRange | null) => void;
}

/** Where a link to the chart of a metric leads. */
export function chartId(metric: string): string {
  return `chart-${metric}`;
}

export const MetricChart = memo(function MetricChart(props: MetricChartProps) {
  const { store, about, labels, definition, zoom, onZoom } = props;
  const [cursor, setCursor] = useState<number | null>(null);
  const { smallPx } = useSmallHeights();
  const { name, label, unit } = definition;
  const isSymlog = props.isSymlog && unit !== "share";
  const subject = (): MetricSubject => ({
    ...{ kind: "metric", raw: "band", threshold: null },
    ...{ store, about, labels, name, label, unit, isSymlog, zoom },
  });
  return (
    <figure
      id={chartId(name)}
      className={styles.chart}
      tabIndex={-1}
      data-explain={`metric.${name}`}
    >
      <figcaption className={styles.head}>
        <h3>{label}</h3>
        <MetricExplanation definition={definition} />
        <ExportMenu
          isSmall
          label={`Export ${label}`}
          subject={subject}
          tables={[
            {
              label: "All values, exact (CSV)",
              href: seriesExportUrl(about.id, "metric", name),
            },
          ]}
        />
        <Value store={store} metric={name} unit={unit} cursor={cursor} />
      </figcaption>
      <Plot
        store={store}
        metric={name}
        label={label}
        unit={unit}
        height={smallPx}
        raw="band"
        threshold={null}
        isSymlog={isSymlog}
        subject={subject}
        zoom={zoom}
        onZoom={onZoom}
        onCursor={setCursor}
      />
    </figure>
  );
});

export const MetricExplanation = memo(function MetricExplanation({
  definition,
}: {
  definition: MetricDefinition;
}) {
  const { name, label, unit, meaning, guidance, equation } = definition;
  const facts = unit === "" ? [] : ([["unit", unit]] as const);
  return <Explain explanation={{ title: label, meaning, guidance, equation, facts, name }} />;
});

interface ValueProps {
  readonly store: RunStore;
  readonly metric: string;
  readonly unit: string;
  readonly cursor: number | null;
}

/** The newest smoothed value, or the one under the pointer. */
function Value({ store, metric, unit, cursor }: ValueProps) {
  useRunVersion(store);
  const samples = store.charts.samples(metric);
  const index =
    samples === null || cursor === null ? (samples?.length ?? 0) - 1 : sampleAt(samples.x, cursor);
  return (
    <span className={styles.value}>
      {formatMeasured(index === null ? null : samples?.line[index])}
      {unit !== "" && <span className={styles.unit}> {unit}</span>}
    </span>
  );
}
