/** A histogram over the run: bins upwards, the run along x, darker where more was counted. */

import { memo, useState } from "react";
import { seriesExportUrl } from "../api/queries";
import type { HistogramDefinition, RunState } from "../api/types";
import { useRunPart, useRunVersion } from "../live/hooks";
import type { RunStore, ZoomRange } from "../live/run-store";
import { Explain } from "../ui/explain";
import { useSmallHeights } from "./chart-heights";
import type { HistogramSubject, RunAbout } from "./chart-subject";
import { ExportMenu } from "./export-menu";
import {
  darkest,
  describeHistogram,
  formatEnds,
  opacityOf,
  paintHeat,
  readout,
  yTicksOf,
} from "./heat";
import styles from "./heat-strip.module.css";
import chartStyles from "./metric-chart.module.css";
import { type PlotContent, PlotFrame } from "./plot-frame";

interface HeatStripProps {
  readonly store: RunStore;
  readonly about: RunAbout;
  /** Of hyperparameters, by name. */
  readonly labels: ReadonlyMap<string, string>;
  readonly definition: HistogramDefinition;
  /** That of the definition, or one of several. */
  readonly name: string;
  readonly zoom: ZoomRange | null;
  readonly onZoom: (range: ZoomRange | null) => void;
}

const LEGEND_STOPS = [0, 0.05, 0.25, 0.5, 0.75, 1];
const NOWHERE = { x: null, y: null };

export const HeatStrip = memo(function HeatStrip(props: HeatStripProps) {
  const { store, about, labels, definition, name, zoom, onZoom } = props;
  const [cursor, setCursor] = useState<{ x: number | null; y: number | null }>(NOWHERE);
  const { stripPx } = useSmallHeights();
  const { meaning, guidance, unit, whole } = definition;
  const number = name.split(".")[1];
  const label = number === undefined ? definition.label : `${definition.label} ${number}`;
  const subject = (): HistogramSubject => ({
    ...{ kind: "histogram", store, about, labels, definition, name, label, zoom },
  });
  const trackNow = () => store.charts.histogram(name);
  const content: PlotContent = {
    data: () => {
      const x = trackNow()?.x ?? [];
      return [[...x], x.map(() => null)];
    },
    yRange: () => {
      const track = trackNow();
      return track === null || track.length === 0
        ? null
        : [track.edge(0), track.edge(track.bins.length)];
    },
    yTicks: () => {
      const track = trackNow();
      return track === null ? [] : yTicksOf(track, whole);
    },
    paintBelow: (u, palette) => {
      const track = trackNow();
      if (track !== null) paintHeat(u, track, palette);
    },
    describe: () => describeHistogram(label, trackNow(), whole),
  };
  return (
    <figure className={chartStyles.chart} data-explain={`histogram.${definition.name}`}>
      <figcaption className={chartStyles.head}>
        <h3>{label}</h3>
        <Explain
          explanation={{
            title: label,
            meaning,
            guidance,
            equation: "",
            facts: [["along y", unit]],
            name: definition.name,
          }}
        />
        <ExportMenu
          isSmall
          label={`Export ${label}`}
          subject={subject}
          tables={[
            {
              label: "All counts, exact (CSV)",
              href: seriesExportUrl(about.id, "histogram", name),
            },
          ]}
        />
        <Value store={store} name={name} cursor={cursor} isWhole={whole} />
      </figcaption>
      <div className={styles.plot}>
        <PlotFrame
          store={store}
          label={label}
          height={stripPx}
          isSymlog={false}
          zoom={zoom}
          onZoom={onZoom}
          onCursor={(x, y) => setCursor(x === null ? NOWHERE : { x, y })}
          content={content}
          subject={subject}
          redrawOn={null}
        />
        <Empty store={store} name={name} />
      </div>
      <Legend store={store} name={name} zoom={zoom} />
    </figure>
  );
});

interface PartProps {
  readonly store: RunStore;
  readonly name: string;
}

function Value(
  props: PartProps & {
    readonly cursor: { x: number | null; y: number | null };
    readonly isWhole: boolean;
  },
) {
  const { store, name, cursor, isWhole } = props;
  useRunVersion(store);
  return (
    <span className={chartStyles.value}>
      {readout(store.charts.histogram(name), cursor, isWhole)}
    </span>
  );
}

/** Why there is nothing to see. */
function Empty({ store, name }: PartProps) {
  useRunVersion(store);
  const state = useRunPart(store, (view) => view.state);
  const track = store.charts.histogram(name);
  if (track !== null && track.length > 0) return null;
  return <p className={styles.empty}>{emptyText(state)}</p>;
}

function emptyText(state: RunState): string {
  if (state === "paused") return "Nothing was counted before the pause.";
  const isToCome = ["created", "queued", "starting", "running"].includes(state);
  return isToCome ? "Counted once a second while the run trains." : "Nothing was counted.";
}

/** Which share is how dark. */
function Legend({ store, name, zoom }: PartProps & { readonly zoom: ZoomRange | null }) {
  useRunVersion(store);
  const track = store.charts.histogram(name);
  const [from, to] = zoom ?? [0, Number.POSITIVE_INFINITY];
  const top = track === null ? 1 : darkest(track, from, to);
  const stops = LEGEND_STOPS.map((share) => {
    const percent = (opacityOf(share, 1) * 100).toFixed(0);
    return `color-mix(in srgb, var(--ink) ${percent}%, var(--surface)) ${share * 100}%`;
  });
  const [none, most] = track === null ? ["", ""] : formatEnds(track, top);
  return (
    <p className={styles.legend}>
      <span className="visually-hidden">Darkness means</span>
      {none}
      <span
        className={styles.scale}
        style={{ background: `linear-gradient(to right, ${stops.join(", ")})` }}
        aria-hidden="true"
      />
      {most}
      <span className={styles.what}>{track?.kind === "values" ? "" : "of each moment"}</span>
    </p>
  );
}
