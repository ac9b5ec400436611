/** One chart of a run: follows the store at most once per animation frame. */

import { useComputedColorScheme } from "@mantine/core";
import { type RefObject, useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { RunStore, ZoomRange } from "../live/run-store";
import { valueExtent } from "./extent";
import { paintBand, paintDots, paintMarks, paintThreshold } from "./paint";
import { type Palette, readPalette } from "./palette";
import styles from "./plot.module.css";
import { plotOptions } from "./plot-options";
import { describeSamples } from "./trend";

export interface PlotProps {
  readonly store: RunStore;
  readonly metric: string;
  readonly label: string;
  readonly unit: string;
  readonly height: number;
  /** Dots for single episodes, or one band for the range of many updates. */
  readonly raw: "dots" | "band";
  readonly threshold: number | null;
  readonly isSymlog: boolean;
  readonly zoom: ZoomRange | null;
  readonly onZoom: (range: ZoomRange | null) => void;
  readonly onCursor: (x: number | null) => void;
  /** After each drawing: where a mark's flag belongs, in CSS pixels from the left edge. */
  readonly onDrawn?: (leftOf: (x: number) => number | null) => void;
  /** The chart's canvas, for a picture of it. */
  readonly canvas?: RefObject<HTMLCanvasElement | null>;
}

/** Words change slower than pixels. */
const DESCRIBE_EVERY_MS = 1_000;

export function Plot(props: PlotProps) {
  const { store, metric, isSymlog, height } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const palette = useRef<Palette | null>(null);
  const scheme = useComputedColorScheme("light");

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const colours = () => {
      palette.current ??= readPalette();
      return palette.current;
    };
    const u = new uPlot(
      plotOptions(
        {
          palette: colours,
          xRange: () => latest.current.zoom ?? [0, Math.max(store.charts.xMax, 1)],
          yExtent: (min, max) => extentOf(latest.current, min, max),
          paintBelow: (chart) => {
            const samples = store.charts.samples(metric);
            if (samples === null) return;
            if (latest.current.raw === "dots") paintDots(chart, samples, colours());
            else paintBand(chart, samples, colours());
          },
          paintAbove: (chart) => {
            const { threshold, onDrawn } = latest.current;
            if (threshold !== null) paintThreshold(chart, threshold, colours());
            paintMarks(chart, store.marks, (step) => store.charts.place(step), colours());
            onDrawn?.((x) => flagPosition(chart, x));
          },
          onZoom: (range) => latest.current.onZoom(range),
          onCursor: (x) => latest.current.onCursor(x),
        },
        { width: element.clientWidth, height },
        { isSymlog, syncKey: store.runId },
      ),
      [new Float64Array(), new Float64Array()],
      element,
    );
    plot.current = u;
    if (latest.current.canvas !== undefined) latest.current.canvas.current = u.ctx.canvas;

    let describedAt = 0;
    const draw = () => {
      const samples = store.charts.samples(metric);
      u.setData([samples?.x ?? new Float64Array(), samples?.line ?? new Float64Array()]);
      if (performance.now() - describedAt < DESCRIBE_EVERY_MS) return;
      describedAt = performance.now();
      const { label, unit } = latest.current;
      element.setAttribute("aria-label", describeSamples(label, unit, samples));
    };
    draw();
    const stop = store.onCharts(draw);
    const resize = new ResizeObserver(() => {
      if (element.clientWidth !== u.width) u.setSize({ width: element.clientWidth, height });
    });
    resize.observe(element);
    return () => {
      stop();
      resize.disconnect();
      u.destroy();
      plot.current = null;
    };
  }, [store, metric, isSymlog, height]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew when these change
  useEffect(() => {
    palette.current = null;
    const u = plot.current;
    u?.setData(u.data);
  }, [scheme, props.zoom, props.threshold]);

  return (
    <div
      ref={place}
      role="img"
      aria-label={`${props.label}: no values yet`}
      className={styles.plot}
      style={{ height }}
    />
  );
}

function extentOf(props: PlotProps, min: number, max: number): ZoomRange | null {
  const samples = props.store.charts.samples(props.metric);
  const values = samples === null ? null : valueExtent(samples, min, max);
  // Shares show their whole range, so that two runs can be compared at a glance.
  const landmarks = props.unit === "share" ? [0, 1] : [];
  if (props.threshold !== null) landmarks.push(props.threshold);
  const all = [...landmarks, ...(values ?? [])];
  return all.length === 0 ? null : [Math.min(...all), Math.max(...all)];
}

function flagPosition(u: uPlot, x: number): number | null {
  const { min = 0, max = 0 } = u.scales.x ?? {};
  if (x < min || x > max) return null;
  return u.valToPos(x, "x") + u.bbox.left / uPlot.pxRatio;
}
