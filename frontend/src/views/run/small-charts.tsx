/** The small charts below the large one, a set at a time: only what this run has values for. */

import { useEffect, useMemo, useSyncExternalStore } from "react";
import type { AlgorithmDescription, HistogramDefinition, MetricDefinition } from "../../api/types";
import type { RunAbout } from "../../charts/chart-subject";
import { HeatStrip } from "../../charts/heat-strip";
import { MetricChart } from "../../charts/metric-chart";
import type { RunStore, ZoomRange } from "../../live/run-store";
import { ChoiceChips } from "../../ui/choice-chips";
import {
  CHART_SET_TITLES,
  CHART_SETS,
  type ChartSet,
  histogramsOf,
  loadedMetrics,
  modesOf,
  shownCharts,
} from "./chart-sets";
import styles from "./charts.module.css";
import { QueueGauge } from "./queue-gauge";

interface SmallChartsProps {
  readonly store: RunStore;
  readonly about: RunAbout;
  readonly labels: ReadonlyMap<string, string>;
  readonly algorithm: AlgorithmDescription;
  readonly algorithms: readonly AlgorithmDescription[];
  readonly set: ChartSet;
  readonly onSet: (set: ChartSet) => void;
  readonly isSymlog: boolean;
  readonly zoom: ZoomRange | null;
  readonly onZoom: (range: ZoomRange | null) => void;
}

export function SmallCharts(props: SmallChartsProps) {
  const { store, about, labels, algorithm, algorithms, onSet, isSymlog, zoom, onZoom } = props;
  const modes = modesOf(props.set, algorithms);
  // The address may name a set that this mode has nothing of.
  const set = modes.includes(algorithm.name) ? props.set : "overview";
  const metrics = useMemo(() => loadedMetrics(set, algorithm), [set, algorithm]);
  const histograms = useMemo(() => histogramsOf(set, algorithm), [set, algorithm]);
  useEffect(() => store.setShown(metrics, histograms), [store, metrics, histograms]);
  const empty = useEmptyMetrics(store, metrics);
  const counted = useCountedNames(store, histograms);
  const uncounted = histograms.filter(({ name }) => !counted.has(name));
  const { shown, empty: withoutValues, elsewhere } = shownCharts(set, algorithm, algorithms, empty);
  return (
    <section className={styles.small} aria-label="What explains it">
      <div className={styles.sets} data-explain="control.sets">
        <ChoiceChips
          label="Which small charts"
          value={set}
          onChoose={onSet}
          chips={CHART_SETS.map((each) => {
            const having = modesOf(each, algorithms);
            return {
              value: each,
              label: CHART_SET_TITLES[each],
              obstacle: having.includes(algorithm.name)
                ? null
                : `Measured in ${having.join(" and ")} only`,
            };
          })}
        />
      </div>
      {algorithm.name === "ga3c" && <QueueGauge store={store} />}
      <div className={styles.grid} data-count={shown.length + counted.size}>
        {shown.map((metric) => (
          <MetricChart
            key={metric.name}
            store={store}
            about={about}
            labels={labels}
            definition={metric}
            isSymlog={isSymlog}
            zoom={zoom}
            onZoom={onZoom}
          />
        ))}
        {histograms.flatMap((definition) =>
          (counted.get(definition.name) ?? []).map((name) => (
            <HeatStrip
              key={name}
              store={store}
              about={about}
              labels={labels}
              definition={definition}
              name={name}
              zoom={zoom}
              onZoom={onZoom}
            />
          )),
        )}
      </div>
      <Absent empty={[...withoutValues, ...uncounted]} elsewhere={elsewhere} />
    </section>
  );
}

interface AbsentProps {
  readonly empty: readonly { readonly label: string }[];
  readonly elsewhere: readonly MetricDefinition[];
}

/** What a person may look for here in vain. */
function Absent({ empty, elsewhere }: AbsentProps) {
  if (empty.length === 0 && elsewhere.length === 0) return null;
  const notes = [
    ...(empty.length === 0
      ? []
      : [`No values in this run: ${empty.map(({ label }) => label).join(", ")}.`]),
    ...(elsewhere.length === 0
      ? []
      : [
          `In other modes only: ${elsewhere
            .map(({ label, algorithms }) => `${label} (${algorithms.join(", ")})`)
            .join(", ")}.`,
        ]),
  ];
  return <p className={styles.absent}>{notes.join(" ")}</p>;
}

/** Names of the metrics that have no values although others have had time to get some. */
function useEmptyMetrics(store: RunStore, metrics: readonly string[]): ReadonlySet<string> {
  const names = useSyncExternalStore(
    useMemo(() => (listener: () => void) => store.onCharts(listener), [store]),
    () => metrics.filter((metric) => store.charts.isMissing(metric)).join(" "),
  );
  return useMemo(() => new Set(names === "" ? [] : names.split(" ")), [names]);
}

/** The names that each histogram has in this run; none of those that were given time in vain. */
function useCountedNames(
  store: RunStore,
  histograms: readonly HistogramDefinition[],
): ReadonlyMap<string, readonly string[]> {
  const names = useSyncExternalStore(
    useMemo(() => (listener: () => void) => store.onCharts(listener), [store]),
    () =>
      histograms
        .filter(({ name }) => !store.charts.isHistogramMissing(name))
        .map(({ name }) => store.charts.histogramNames(name).join(" "))
        .join(","),
  );
  return useMemo(() => {
    const lists = names === "" ? [] : names.split(",").map((list) => list.split(" "));
    return new Map(lists.map((list) => [list[0] ?? "", list]));
  }, [names]);
}
