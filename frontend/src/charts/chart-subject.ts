/** What of the page is to become a file or a printed drawing; how, only `chart-files` knows. */

import type { HistogramDefinition, SeriesAxis } from "../api/types";
import type { RunStore, ZoomRange } from "../live/run-store";
import type { Scene, Tone } from "./scene";

/** What a file says of the run it comes from. */
export interface RunAbout {
  readonly id: string;
  readonly name: string;
  /** Environment, mode, seed. */
  readonly facts: readonly string[];
}

/** Of a legend. */
export interface KeyEntry {
  readonly text: string;
  readonly look: KeyLook;
}

export type KeyLook =
  | { readonly kind: "line"; readonly hue: number; readonly dash: readonly number[] }
  | { readonly kind: "dot"; readonly hue: number }
  | { readonly kind: "band"; readonly hue: number }
  | {
      readonly kind: "mark";
      readonly tone: Tone;
      readonly dash: readonly number[];
      readonly isTick: boolean;
    }
  | { readonly kind: "threshold" }
  | { readonly kind: "faded" }
  /** From light to dark. */
  | { readonly kind: "darkness" };

interface OfRun {
  readonly store: RunStore;
  readonly about: RunAbout;
  readonly zoom: ZoomRange | null;
  /** Of hyperparameters, by name: marks speak of them. */
  readonly labels: ReadonlyMap<string, string>;
}

export interface MetricSubject extends OfRun {
  readonly kind: "metric";
  readonly name: string;
  readonly label: string;
  readonly unit: string;
  readonly raw: "dots" | "band";
  readonly threshold: number | null;
  readonly isSymlog: boolean;
}

export interface HistogramSubject extends OfRun {
  readonly kind: "histogram";
  readonly definition: HistogramDefinition;
  readonly name: string;
  readonly label: string;
}

export interface ComparisonSubject {
  readonly kind: "comparison";
  readonly title: string;
  readonly fileName: string;
  readonly unit: string;
  readonly scene: Scene;
  readonly key: readonly KeyEntry[];
  readonly axis: SeriesAxis;
  readonly smoothing: number;
  readonly x: ZoomRange;
  readonly y: ZoomRange;
  readonly isSymlog: boolean;
}

export type ChartSubject = MetricSubject | HistogramSubject | ComparisonSubject;
