/** The big chart: every episode as a dot in its worker's hue, the smoothed return on top. */

import { useRef, useState } from "react";
import type { SeriesAxis } from "../api/types";
import { formatCount, formatExactCount, formatMeasured, UNIT_SPACE } from "../format/numbers";
import { useRunVersion } from "../live/hooks";
import { RETURN_METRIC } from "../live/run-charts";
import type { RunStore, ZoomRange } from "../live/run-store";
import type { Mark } from "../live/run-view";
import type { SampleBuffer } from "../live/sample-buffer";
import { useTimeUnit } from "../ui/preferences";
import { axisPlace } from "./axes";
import type { ChartSubject } from "./chart-subject";
import { sampleAt } from "./extent";
import { MarkFlags, type MarkFlagsHandle } from "./mark-flags";
import { workerColour } from "./palette";
import { Plot } from "./plot";
import styles from "./return-chart.module.css";

interface ReturnChartProps {
  readonly store: RunStore;
  readonly label: string;
  readonly unit: string;
  readonly workers: number;
  readonly threshold: number | null;
  readonly x: SeriesAxis;
  readonly isSymlog: boolean;
  readonly zoom: ZoomRange | null;
  readonly onZoom: (range: ZoomRange | null) => void;
  readonly marks: readonly Mark[];
  readonly labels: ReadonlyMap<string, string>;
  readonly height: number;
  readonly subject: () => ChartSubject;
}

/** Hues repeat after eight workers; a longer legend would not tell more. */
const LEGEND_WORKERS = 8;

export function ReturnChart(props: ReturnChartProps) {
  const { store, threshold, workers, x, zoom, onZoom, marks, labels, height } = props;
  const [cursor, setCursor] = useState<number | null>(null);
  const flags = useRef<MarkFlagsHandle>(null);
  return (
    <figure className={styles.chart} data-explain={`metric.${RETURN_METRIC}`}>
      <div className={styles.plot}>
        <Plot
          store={store}
          metric={RETURN_METRIC}
          label={props.label}
          unit={props.unit}
          height={height}
          raw="dots"
          threshold={threshold}
          isSymlog={props.isSymlog}
          zoom={zoom}
          onZoom={onZoom}
          onCursor={setCursor}
          onDrawn={(leftOf) =>
            flags.current?.place((mark) => {
              const place = store.charts.place(mark.envStep);
              return place === null ? null : leftOf(place);
            })
          }
          subject={props.subject}
        />
        <MarkFlags ref={flags} marks={marks} labels={labels} />
      </div>
      <figcaption className={styles.legend}>
        <ul>
          <li>
            <span className={styles.lineKey} aria-hidden="true" />
            smoothed
          </li>
          {Array.from({ length: Math.min(workers, LEGEND_WORKERS) }, (_, worker) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a worker's number is its name
            <li key={worker}>
              <span
                className={styles.dotKey}
                style={{ background: workerColour(worker) }}
                aria-hidden="true"
              />
              {worker === 0 ? "worker 0" : worker}
            </li>
          ))}
          {workers > LEGEND_WORKERS && <li>… {workers - 1}</li>}
          <AbandonedKey store={store} />
          {threshold !== null && (
            <li>
              <span className={styles.thresholdKey} aria-hidden="true" />
              solved at {formatMeasured(threshold)}
            </li>
          )}
        </ul>
        <span className={styles.readout}>
          <Readout store={store} cursor={cursor} x={x} />
        </span>
      </figcaption>
    </figure>
  );
}

/** Only where there is something grey. */
function AbandonedKey({ store }: { store: RunStore }) {
  useRunVersion(store);
  if (store.charts.abandoned.length === 0) return null;
  return (
    <li title="The run has gone back to before it: recorded, but it counts for nothing any more">
      <span className={styles.abandonedKey} aria-hidden="true" />
      abandoned
    </li>
  );
}

interface ReadoutProps {
  readonly store: RunStore;
  readonly cursor: number | null;
  readonly x: SeriesAxis;
}

/** What is under the pointer; without one, how much of the record is drawn. */
function Readout({ store, cursor, x }: ReadoutProps) {
  useRunVersion(store);
  const unit = useTimeUnit();
  const samples = store.charts.samples(RETURN_METRIC);
  if (cursor === null) return thinned(samples);
  return readout(samples, cursor, (value) => axisPlace(x, value, unit));
}

function readout(
  samples: SampleBuffer | null,
  cursor: number,
  placeOf: (x: number) => string,
): string {
  const index = samples === null ? null : sampleAt(samples.x, cursor);
  if (samples === null || index === null) return "";
  const low = samples.low[index] ?? Number.NaN;
  const high = samples.high[index] ?? Number.NaN;
  const count = samples.count[index] ?? 1;
  const raw =
    count === 1
      ? `episode ${formatMeasured(low)}`
      : `${formatExactCount(count)} episodes ${formatMeasured(low)} to ${formatMeasured(high)}`;
  const at = placeOf(samples.x[index] ?? 0);
  return `${at} · smoothed ${formatMeasured(samples.line[index])} · ${raw}`;
}

/** "2,000 of 1.40 M points", or nothing where every point is drawn. */
function thinned(samples: SampleBuffer | null): string {
  if (samples === null) return "";
  const { length, rows } = samples;
  return rows > length
    ? `${formatExactCount(length)} of ${formatCount(rows)} points;${UNIT_SPACE} ranges keep every extreme`
    : "";
}
