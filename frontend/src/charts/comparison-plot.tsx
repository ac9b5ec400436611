/** Several curves on one pair of axes, with zoom and pointer as every other chart has them. */

import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { ZoomRange } from "../live/run-store";
import { timeUnit, useTimeUnit } from "../ui/preferences";
import type { ComparisonSubject } from "./chart-subject";
import { paintScene } from "./paint-scene";
import { type Palette, readPalette } from "./palette";
import styles from "./plot.module.css";
import { plotOptions } from "./plot-options";
import { printable } from "./printing";
import { type Scene, sceneHeight, sceneWidth } from "./scene";

/** What is in view now. */
export interface PlotRange {
  readonly x: ZoomRange;
  readonly y: ZoomRange;
}

interface ComparisonPlotProps {
  readonly scene: Scene;
  /** In words. */
  readonly description: string;
  readonly height: number;
  readonly isSymlog: boolean;
  readonly isOverTime: boolean;
  readonly zoom: ZoomRange | null;
  readonly onZoom: (range: ZoomRange | null) => void;
  readonly onCursor: (x: number | null) => void;
  /** The chart as a file or on paper. */
  readonly subject: () => ComparisonSubject;
}

const SYNC_KEY = "comparison";

export function ComparisonPlot(props: ComparisonPlotProps) {
  const { scene, description, height, isSymlog, zoom } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const palette = useRef<Palette | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const scheme = useComputedColorScheme("light");
  const unit = useTimeUnit();

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const colours = () => {
      palette.current ??= readPalette();
      return palette.current;
    };
    const options = plotOptions(
      {
        palette: colours,
        xRange: () => viewOf(latest.current).x,
        xUnit: () => (latest.current.isOverTime ? timeUnit() : null),
        yRange: () => viewOf(latest.current).y,
        yTicks: null,
        paintBelow: (u) => paintScene(u, latest.current.scene, colours()),
        paintAbove: () => {},
        onZoom: (range) => latest.current.onZoom(range),
        onCursor: (x) => latest.current.onCursor(x),
      },
      { width: element.clientWidth, height },
      { isSymlog, syncKey: SYNC_KEY },
    );
    // The lines are painted from the scene: each has an x of its own, which uPlot's series share.
    options.series = [{}, { stroke: "transparent", points: { show: false } }];
    options.cursor = { ...options.cursor, points: { show: false } };
    const u = new uPlot(options, dataOf(latest.current), element);
    plot.current = u;
    const resize = new ResizeObserver(() => {
      if (element.clientWidth !== u.width) u.setSize({ width: element.clientWidth, height });
    });
    resize.observe(element);
    const letGo = printable(element, () => latest.current.subject());
    return () => {
      letGo();
      resize.disconnect();
      u.destroy();
      plot.current = null;
    };
  }, [isSymlog, height]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew when these change
  useEffect(() => {
    palette.current = null;
    plot.current?.setData(dataOf(latest.current));
  }, [scheme, unit, scene, zoom]);

  return (
    <div
      ref={place}
      role="img"
      aria-label={description}
      className={styles.plot}
      data-explain="control.comparison"
      style={{ height }}
    />
  );
}

export function viewOf({
  scene,
  zoom,
  isSymlog,
}: Pick<ComparisonPlotProps, "scene" | "zoom" | "isSymlog">): PlotRange {
  const x = zoom ?? sceneWidth(scene);
  return { x, y: sceneHeight(scene, x, isSymlog) ?? [0, 1] };
}

/** Two corners: enough for uPlot to know that there is something. */
function dataOf(props: ComparisonPlotProps): uPlot.AlignedData {
  const { x, y } = viewOf(props);
  return [[...x], [...y]];
}
