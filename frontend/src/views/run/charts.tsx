/** The return, large, and what explains it, small; one x axis, one pointer, one zoom for all. */

import { useCallback, useEffect, useMemo, useRef } from "react";
import type { AlgorithmDescription, Run } from "../../api/types";
import { useLargeHeight } from "../../charts/chart-heights";
import type { MetricSubject, RunAbout } from "../../charts/chart-subject";
import { MetricExplanation } from "../../charts/metric-chart";
import { ReturnChart } from "../../charts/return-chart";
import { useRunPart, useRunStatus } from "../../live/hooks";
import { RETURN_METRIC } from "../../live/run-charts";
import type { RunStore, ZoomRange } from "../../live/run-store";
import { Later } from "../../ui/later";
import { useShortcut } from "../../ui/shortcuts";
import { ChartToolbar } from "./chart-toolbar";
import styles from "./charts.module.css";
import { SmallCharts } from "./small-charts";
import { DEFAULT_SMOOTHING, type RunSearch, withZoom, zoomOf } from "./view-state";

interface ChartsProps {
  readonly run: Run;
  readonly store: RunStore;
  readonly algorithm: AlgorithmDescription;
  readonly algorithms: readonly AlgorithmDescription[];
  readonly labels: ReadonlyMap<string, string>;
  readonly threshold: number | null;
  readonly search: RunSearch;
  readonly onSearch: (search: RunSearch) => void;
}

export function Charts(props: ChartsProps) {
  const { run, store, algorithm, algorithms, labels, threshold, search, onSearch } = props;
  const status = useRunStatus(store);
  const marks = useRunPart(store, (view) => view.marks);
  const workers = useRunPart(store, (view) => view.used.workers?.setting);
  const height = useLargeHeight();
  const { x = "env_step", smoothing = DEFAULT_SMOOTHING, from, to } = search;
  const zoom = useMemo(() => zoomOf({ from, to } as RunSearch), [from, to]);
  const isSymlog = search.scale === "symlog";
  const newest = useRef({ search, onSearch });
  newest.current = { search, onSearch };
  const onZoom = useCallback(
    (range: ZoomRange | null) => newest.current.onSearch(withZoom(newest.current.search, range)),
    [],
  );
  useShortcut("end", () => onZoom(null));
  useEffect(() => store.setChartView({ x, smoothing }), [store, x, smoothing]);
  useEffect(() => store.setRange(zoom), [store, zoom]);

  const about = useAbout(run);
  const definition = algorithm.metrics.find(({ name }) => name === RETURN_METRIC);
  if (definition === undefined) return null;
  const subject = (): MetricSubject => ({
    ...{ kind: "metric", raw: "dots", name: RETURN_METRIC },
    ...{ store, about, labels, threshold, isSymlog, zoom },
    ...{ label: definition.label, unit: definition.unit },
  });
  return (
    <>
      <section className={styles.large} aria-labelledby="return">
        <header className={styles.head}>
          <span className={styles.title}>
            <h2 id="return">Episode return</h2>
            <MetricExplanation definition={definition} />
          </span>
          <ChartToolbar store={store} search={search} onSearch={onSearch} subject={subject} />
        </header>
        {status.phase === "ready" && status.chartError !== null && (
          <p className={styles.error} role="alert">
            The curves could not be fetched anew: {status.chartError}
          </p>
        )}
        <ReturnChart
          store={store}
          label={definition.label}
          unit={definition.unit}
          workers={typeof workers === "number" ? workers : run.spec.workers}
          threshold={threshold}
          x={x}
          isSymlog={isSymlog}
          zoom={zoom}
          onZoom={onZoom}
          marks={marks}
          labels={labels}
          height={height}
          subject={subject}
        />
      </section>
      <Later>
        {() => (
          <SmallCharts
            store={store}
            about={about}
            labels={labels}
            algorithm={algorithm}
            algorithms={algorithms}
            set={search.charts ?? "overview"}
            onSet={(set) => {
              const { charts: _before, ...rest } = search;
              onSearch(set === "overview" ? rest : { ...rest, charts: set });
            }}
            isSymlog={isSymlog}
            zoom={zoom}
            onZoom={onZoom}
          />
        )}
      </Later>
    </>
  );
}

/** The same as long as it says the same: charts are drawn anew when it changes. */
function useAbout({ id, name, environment, algorithm, seed }: Run): RunAbout {
  const { id: environmentId } = environment;
  return useMemo(
    () => ({ id, name, facts: [environmentId, algorithm, `seed ${seed}`] }),
    [id, name, environmentId, algorithm, seed],
  );
}
