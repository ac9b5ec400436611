/** A comparison: the curves, how sure they are, and the figures below. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { ACTIVE_STATES, systemQuery } from "../../api/queries";
import type { EnvironmentDescription, Run } from "../../api/types";
import { axisLabel } from "../../charts/axes";
import { useLargeHeight } from "../../charts/chart-heights";
import { ComparisonPlot, viewOf } from "../../charts/comparison-plot";
import { CurveKey } from "../../charts/curve-key";
import { curveStyle } from "../../charts/curve-style";
import { formatQueuePlace } from "../../format/life";
import { formatMeasured } from "../../format/numbers";
import { RESAMPLES } from "../../statistics/bootstrap";
import { useTimeUnit } from "../../ui/preferences";
import { useShortcut } from "../../ui/shortcuts";
import { MoreSeeds } from "../race/more-seeds";
import styles from "./compare-page.module.css";
import { type CompareSearch, idsOf, withParts, withZoomIn, zoomIn } from "./compare-search";
import { CompareToolbar } from "./compare-toolbar";
import { comparisonSubject, comparisonTables } from "./comparison-exports";
import {
  comparisonScene,
  type DrawnCurve,
  describeComparison,
  readout,
  seedsText,
} from "./comparison-scene";
import type { CurveFigures } from "./figures";
import { FiguresTable } from "./figures-table";
import { useComparison } from "./use-comparison";

interface ComparisonViewProps {
  readonly title: string;
  readonly runs: readonly Run[];
  readonly environments: readonly EnvironmentDescription[];
  readonly search: CompareSearch;
  readonly onSearch: (search: CompareSearch) => void;
}

/** Under this, a band says little. */
const FEW_SEEDS = 3;

export function ComparisonView({
  title,
  runs,
  environments,
  search,
  onSearch,
}: ComparisonViewProps) {
  const comparison = useComparison(runs, environments, search);
  const { curves, figures, threshold, trouble, isLoading, indexes } = comparison;
  const [cursor, setCursor] = useState<number | null>(null);
  const [more, setMore] = useState<CurveFigures | null>(null);
  const queries = useQueryClient();
  const height = useLargeHeight();
  const unit = useTimeUnit();
  const { x = "env_step" } = search;
  const zoom = zoomIn(search);
  const showsSeeds = search.seeds !== "off";
  const scene = useMemo(
    () => comparisonScene(curves, threshold, showsSeeds),
    [curves, threshold, showsSeeds],
  );
  useShortcut("end", () => onSearch(withZoomIn(search, null)));
  const isSymlog = search.scale === "symlog";
  const shown = { title, curves, figures, threshold, x, search };
  const subject = () =>
    comparisonSubject({ ...shown, scene, isSymlog, ...viewOf({ scene, zoom, isSymlog }) });
  const hide = (runId: string, isHidden: boolean) => {
    const others = idsOf(search.without).filter((id) => id !== runId);
    const without = (isHidden ? [...others, runId] : others).join(",");
    onSearch(withParts(search, { without }));
  };
  return (
    <>
      <Waiting runs={runs} />
      <section className={styles.chart} aria-label="Episode return">
        <CompareToolbar
          search={search}
          onSearch={onSearch}
          threshold={threshold}
          steered={runs.filter(({ steered, parent }) => steered || parent != null).length}
          subject={subject}
          tables={comparisonTables(shown)}
        />
        {trouble !== null && (
          <p className={styles.trouble} role="alert">
            Not everything could be fetched. {trouble}
          </p>
        )}
        <ComparisonPlot
          key={x}
          scene={scene}
          description={describeComparison(curves)}
          height={height}
          isSymlog={isSymlog}
          isOverTime={x === "seconds"}
          zoom={zoom}
          onZoom={(range) => onSearch(withZoomIn(search, range))}
          onCursor={setCursor}
          subject={subject}
        />
        <ul className={styles.key} aria-label="Curves" data-explain="control.curves">
          {curves.map((curve) => (
            <li key={curve.key}>
              <CurveKey style={curveStyle(curve.index)} />
              <span>
                {curve.label}, {seedsText(curve)}
              </span>
              <span className={curve.count > 1 ? styles.value : styles.valueOfOne}>
                {readout(curve, cursor)}
              </span>
            </li>
          ))}
          {threshold !== null && (
            <li>
              <span className={styles.thresholdKey} aria-hidden="true" />
              solved at {formatMeasured(threshold)}
            </li>
          )}
          {isLoading && <li role="status">fetching histories …</li>}
        </ul>
      </section>
      <Notes curves={curves} axis={axisLabel(x, unit)} />
      <FiguresTable
        figures={figures}
        indexes={indexes}
        threshold={threshold}
        isEnded={figures.every((each) => each.runs.every(({ state }) => !ACTIVE_STATES.has(state)))}
        onHide={hide}
        onMoreSeeds={setMore}
      />
      <MoreSeeds
        runs={more?.curve.runs ?? null}
        label={more?.curve.label ?? ""}
        onClose={() => setMore(null)}
        onStarted={(started) => {
          void queries.invalidateQueries({ queryKey: ["runs"] });
          const isShown = started.every(
            ({ group }) => group !== null && (search.group ?? []).includes(group),
          );
          if (isShown) return;
          const ids = [...idsOf(search.runs), ...started.map(({ id }) => id)];
          onSearch(withParts(search, { runs: ids.join(",") }));
        }}
      />
    </>
  );
}

/** What the drawing means, where it stands. */
function Notes({ curves, axis }: { curves: readonly DrawnCurve[]; axis: string }) {
  const groups = curves.filter(({ count }) => count > 1);
  const few = groups.filter(({ count }) => count < FEW_SEEDS);
  const hasOthers = curves.some(({ others }) => others.some(({ x }) => x.length > 0));
  if (groups.length === 0 && !hasOthers) return null;
  return (
    <div className={styles.notes}>
      {groups.length > 0 && (
        <p>
          Strong lines: mean over seeds of the smoothed return, each seed’s being that of its newest
          episode at or before a place on the axis of {axis}. Bands: 95 % interval of that mean, by{" "}
          {RESAMPLES.toLocaleString("en-US")} bootstrap draws of seeds. A mean begins when its last
          seed has an episode and ends where its shortest seed does.
        </p>
      )}
      {few.length > 0 && (
        <p className={styles.care}>
          {few.map(({ label }) => label).join(", ")}: n = 2. Under three seeds a band says little;
          three to five is usual.
        </p>
      )}
      {hasOthers && (
        <p>
          Dotted: runs that are left out of the means, because they were steered, forked, or repeat
          a seed.
        </p>
      )}
    </div>
  );
}

/** How many wait for a place: a race on a small machine is not one start. */
function Waiting({ runs }: { runs: readonly Run[] }) {
  const system = useQuery(systemQuery);
  const places = runs.map(({ queue_position: place }) => place).filter((place) => place != null);
  if (places.length === 0) return null;
  const limit = system.data?.limits.active_runs;
  return (
    <p className={styles.waiting} role="status">
      {places.length === 1 ? "One run waits" : `${places.length} runs wait`} for a place,{" "}
      {places.length === 1 ? "" : "the first of them "}
      {formatQueuePlace(Math.min(...places))}
      {limit !== undefined && `: this server trains ${limit} at once`}.
    </p>
  );
}
