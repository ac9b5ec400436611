/** One metric of a run: its samples, and the smoothed line through them. */

import type uPlot from "uplot";
import { withGaps } from "./abandoned";
import { metricRange, valueExtent } from "./extent";
import { paintBand, paintDots, paintThreshold } from "./paint";
import { type FrameProps, type PlotContent, PlotFrame } from "./plot-frame";
import { describeSamples } from "./trend";

export interface PlotProps extends FrameProps {
  readonly metric: string;
  readonly unit: string;
  /** Dots for single episodes, or one band for the range of many updates. */
  readonly raw: "dots" | "band";
  readonly threshold: number | null;
}

export function Plot(props: PlotProps) {
  const { metric, unit, raw, threshold, ...frame } = props;
  const samplesNow = () => props.store.charts.samples(metric);
  const content: PlotContent = {
    data: () => {
      const samples = samplesNow();
      if (samples === null) return [new Float64Array(), new Float64Array()];
      const line = withGaps([samples.x, samples.line], props.store.charts.abandoned);
      return [...line] as uPlot.AlignedData;
    },
    yRange: (min, max) => {
      const samples = samplesNow();
      const values = samples === null ? null : valueExtent(samples, min, max);
      return metricRange(values, { unit, threshold, isSymlog: props.isSymlog });
    },
    yTicks: null,
    paintBelow: (u, palette) => {
      const samples = samplesNow();
      if (samples === null) return;
      if (raw === "dots") paintDots(u, samples, palette);
      else paintBand(u, samples, palette);
    },
    paintAbove: (u, palette) => {
      if (threshold !== null) paintThreshold(u, threshold, palette);
    },
    describe: () => describeSamples(props.label, unit, samplesNow()),
  };
  return <PlotFrame key={metric} {...frame} content={content} redrawOn={threshold} />;
}
