/** The frame of every chart of a run: follows the store at most once per animation frame. */

import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { RunStore, ZoomRange } from "../live/run-store";
import { timeUnit, useTimeUnit } from "../ui/preferences";
import { clearAbandoned, describeAbandoned, paintAbandoned } from "./abandoned";
import type { ChartSubject } from "./chart-subject";
import { paintMarks } from "./paint";
import { type Palette, readPalette } from "./palette";
import styles from "./plot.module.css";
import { plotOptions, type YTick } from "./plot-options";
import { printable } from "./printing";

export interface FrameProps {
  readonly store: RunStore;
  readonly label: string;
  readonly height: number;
  readonly isSymlog: boolean;
  readonly zoom: ZoomRange | null;
  readonly onZoom: (range: ZoomRange | null) => void;
  /** Where the pointer is; `y` only if it is in this chart and not in one beside it. */
  readonly onCursor: (x: number | null, y: number | null) => void;
  /** After each drawing: where a mark's flag belongs, in CSS pixels from the left edge. */
  readonly onDrawn?: (leftOf: (x: number) => number | null) => void;
  /** The chart as a file or on paper. */
  readonly subject: () => ChartSubject;
}

/** What a chart shows; asked anew for every drawing. */
export interface PlotContent {
  readonly data: () => uPlot.AlignedData;
  /** Lowest and highest value of the y axis; null while there is nothing. */
  readonly yRange: (min: number, max: number) => ZoomRange | null;
  /** Null: round numbers. */
  readonly yTicks: (() => readonly YTick[]) | null;
  readonly paintBelow: (u: uPlot, palette: Palette) => void;
  readonly paintAbove?: (u: uPlot, palette: Palette) => void;
  /** In words. */
  readonly describe: () => string;
}

/** Words change slower than pixels. */
const DESCRIBE_EVERY_MS = 1_000;

/** @param redrawOn what the content depends on besides the store */
export function PlotFrame(
  props: FrameProps & { readonly content: PlotContent; readonly redrawOn: unknown },
) {
  const { store, isSymlog, height } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const isPointedAt = useRef(false);
  const latest = useRef(props);
  latest.current = props;
  const palette = useRef<Palette | null>(null);
  const scheme = useComputedColorScheme("light");
  const unit = useTimeUnit();

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
          xRange: () => latest.current.zoom ?? wholeRange(store),
          xUnit: () => (store.charts.view.x === "seconds" ? timeUnit() : null),
          yRange: (min, max) => latest.current.content.yRange(min, max),
          yTicks: latest.current.content.yTicks && (() => latest.current.content.yTicks?.() ?? []),
          paintBelow: (chart) => {
            clearAbandoned(chart, store.charts.abandoned);
            latest.current.content.paintBelow(chart, colours());
          },
          paintAbove: (chart) => {
            paintAbandoned(chart, store.charts.abandoned, colours());
            latest.current.content.paintAbove?.(chart, colours());
            paintMarks(chart, store.marks, (step) => store.charts.place(step), colours());
            latest.current.onDrawn?.((x) => flagPosition(chart, x));
          },
          onZoom: (range) => latest.current.onZoom(range),
          onCursor: (x, y) => latest.current.onCursor(x, isPointedAt.current ? y : null),
        },
        { width: element.clientWidth, height },
        { isSymlog, syncKey: store.runId },
      ),
      [new Float64Array(), new Float64Array()],
      element,
    );
    plot.current = u;

    let describedAt = Number.NEGATIVE_INFINITY;
    let description: number | undefined;
    const describe = () => {
      description = undefined;
      describedAt = performance.now();
      element.setAttribute(
        "aria-label",
        latest.current.content.describe() + describeAbandoned(store.charts.abandoned),
      );
    };
    const draw = () => {
      u.setData(latest.current.content.data());
      // The last drawing is described, too: nothing may come after it.
      description ??= window.setTimeout(
        describe,
        Math.max(0, describedAt + DESCRIBE_EVERY_MS - performance.now()),
      );
    };
    draw();
    const stop = store.onCharts(draw);
    const letGo = printable(element, () => latest.current.subject());
    const resize = new ResizeObserver(() => {
      if (element.clientWidth !== u.width) u.setSize({ width: element.clientWidth, height });
    });
    resize.observe(element);
    return () => {
      stop();
      clearTimeout(description);
      letGo();
      resize.disconnect();
      u.destroy();
      plot.current = null;
    };
  }, [store, isSymlog, height]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew when these change
  useEffect(() => {
    palette.current = null;
    const u = plot.current;
    u?.setData(u.data);
  }, [scheme, unit, props.zoom, props.redrawOn]);

  return (
    <div
      ref={place}
      role="img"
      aria-label={`${props.label}: no values yet`}
      className={styles.plot}
      style={{ height }}
      onPointerEnter={() => {
        isPointedAt.current = true;
      }}
      onPointerLeave={() => {
        isPointedAt.current = false;
      }}
    />
  );
}

function wholeRange({ charts: { xMin, xMax } }: RunStore): ZoomRange {
  return [xMin, Math.max(xMax, xMin + 1)];
}

function flagPosition(u: uPlot, x: number): number | null {
  const { min = 0, max = 0 } = u.scales.x ?? {};
  if (x < min || x > max) return null;
  return u.valToPos(x, "x") + u.bbox.left / uPlot.pxRatio;
}
