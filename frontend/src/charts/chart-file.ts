/** A chart as it is written to a file or printed: its scene, and every word around it. */

import type { ZoomRange } from "../live/run-store";
import type { KeyEntry } from "./chart-subject";
import type { YTick } from "./plot-options";
import type { Scene } from "./scene";
import type { XUnit } from "./x-ticks";

export interface ChartFile {
  readonly title: string;
  /** Of which run, how it is looked at, and when; a line each. */
  readonly notes: readonly string[];
  readonly scene: Scene;
  readonly xLabel: string;
  readonly xUnit: XUnit;
  /** What is along y, and its unit. */
  readonly yLabel: string;
  readonly key: readonly KeyEntry[];
  readonly x: ZoomRange;
  readonly y: ZoomRange;
  /** Null: round numbers, with a line each. */
  readonly yTicks: readonly YTick[] | null;
  readonly isSymlog: boolean;
}
