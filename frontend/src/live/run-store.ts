/** One run as the page follows it: snapshot, history, then the live stream, without a gap. */

import { describeError } from "../api/problem";
import { fetchEventHistory, fetchHistograms, fetchSeries } from "../api/queries";
import type {
  Event,
  EventType,
  HistogramDefinition,
  HistogramSet,
  Hyperparameters,
  MetricSeries,
  Run,
  Series,
} from "../api/types";
import type { Connection } from "./connection";
import { FrameTask } from "./frame";
import { type ChartView, CLOCK_METRIC, RETURN_METRIC, RunCharts } from "./run-charts";
import { openRunView, type RunView, reduceRunView, reduceRunViewAll } from "./run-view";

/** The kinds that only charts need come as `series` and `histograms`. */
const LEDGER_TYPES: readonly EventType[] = [
  "run_created",
  "run_state_changed",
  "command_accepted",
  "command_applied",
  "command_rejected",
  "hyperparameters_changed",
  "worker_status_changed",
  "worker_process_changed",
  "checkpoint_saved",
  "checkpoint_pinned",
  "run_rewound",
  "evaluation_finished",
  "alert_raised",
  "alert_cleared",
  "log_written",
];

const HISTORY_POINTS = 4_000;
const HISTOGRAM_POINTS = 200;

type ChartHistory = readonly [Series, MetricSeries | null, HistogramSet | null];

export interface RunSources {
  readonly run: () => Promise<Run>;
  readonly hyperparameters: () => Promise<Hyperparameters>;
}

export type RunStatus =
  | { readonly phase: "loading" }
  | { readonly phase: "ready"; readonly chartError: string | null }
  | { readonly phase: "failed"; readonly error: unknown };

export type ZoomRange = readonly [number, number];

export class RunStore {
  readonly runId: string;
  readonly charts: RunCharts;
  readonly #connection: Connection;
  readonly #sources: RunSources;
  readonly #statusListeners = new Set<() => void>();
  readonly #chartListeners = new Set<() => void>();
  readonly #frame = new FrameTask(() => this.#publish());
  #status: RunStatus = { phase: "loading" };
  #view: RunView | null = null;
  #published: RunView | null = null;
  #version = 0;
  #chartView: ChartView;
  #range: ZoomRange | null = null;
  /** The x range that the history in `charts` was cut to. */
  #loadedRange: ZoomRange | null = null;
  #chartError: string | null = null;
  /** Once for each history, so that a server that refuses it is not asked at every event. */
  #isDetailAskedFor = false;
  #unsubscribe: (() => void) | null = null;
  #life = new AbortController();
  #chartLoad = new AbortController();

  constructor(
    runId: string,
    options: {
      connection: Connection;
      sources: RunSources;
      metrics: readonly string[];
      view: ChartView;
      range: ZoomRange | null;
    },
  ) {
    this.runId = runId;
    this.#connection = options.connection;
    this.#sources = options.sources;
    this.#chartView = options.view;
    this.#range = options.range;
    this.charts = new RunCharts(options.metrics);
  }

  /** Whether there is anything to show, and if not, why. */
  get status(): RunStatus {
    return this.#status;
  }

  /** Called at most once per animation frame, when `status` or `view` may have changed. */
  onStatus(listener: () => void): () => void {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  }

  /** Called at most once per animation frame, when there are new samples or marks to draw. */
  onCharts(listener: () => void): () => void {
    this.#chartListeners.add(listener);
    return () => this.#chartListeners.delete(listener);
  }

  /** The newest published view; there is one as soon as the phase is "ready". */
  get view(): RunView {
    if (this.#published === null) throw new Error("the run is not loaded yet");
    return this.#published;
  }

  /** Grows with every publication. */
  get version(): number {
    return this.#version;
  }

  get marks(): RunView["marks"] {
    return this.#view?.marks ?? [];
  }

  open(): void {
    this.#life = new AbortController();
    void this.#load(this.#life.signal);
  }

  close(): void {
    this.#life.abort();
    this.#chartLoad.abort();
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#frame.cancel();
  }

  /** Another x axis or smoothing: the server computes it from every recorded row. */
  setChartView(view: ChartView): void {
    if (view.x === this.#chartView.x && view.smoothing === this.#chartView.smoothing) return;
    if (view.x !== this.#chartView.x) this.#range = null;
    this.#chartView = view;
    void this.#reloadCharts();
  }

  /** Other small charts: fetches their history, unless it is there already. */
  setShown(metrics: readonly string[], histograms: readonly HistogramDefinition[]): void {
    const { charts } = this;
    if (
      metrics.every((metric) => charts.metrics.includes(metric)) &&
      histograms.every((each) => charts.histograms.some(({ name }) => name === each.name))
    ) {
      return;
    }
    charts.setShown(metrics, histograms);
    void this.#reloadCharts();
  }

  /** Zoom: fetches more detail where the history had to be thinned out. */
  setRange(range: ZoomRange | null): void {
    if (sameRange(range, this.#range)) return;
    this.#range = range;
    if (this.#loadedRange === null && this.#isExact()) return;
    void this.#reloadCharts();
  }

  async #load(signal: AbortSignal): Promise<void> {
    try {
      this.#setStatus({ phase: "loading" });
      this.charts.beginLoading();
      const [chartView, range] = [this.#chartView, this.#range];
      const [run, hyperparameters, history, series] = await Promise.all([
        this.#sources.run(),
        this.#sources.hyperparameters(),
        fetchEventHistory(this.runId, LEDGER_TYPES, signal),
        // Of a long run, the return comes several times sooner than all charts together.
        this.#fetchSeries([RETURN_METRIC], signal),
      ]);
      if (signal.aborted) return;
      const folded = reduceRunViewAll(openRunView(run, hyperparameters), history.events);
      this.#view = { ...folded, cursor: history.next, progress: run.progress };
      this.charts.setOrigin(run.parent?.env_step ?? 0);
      this.charts.showReturn(chartView, series);
      this.#loadedRange = range;
      this.#follow();
      this.#publish();
      await this.#reloadCharts();
    } catch (error) {
      if (!signal.aborted) this.#setStatus({ phase: "failed", error });
    }
  }

  #follow(): void {
    const view = this.#view;
    if (view === null) return;
    // Each side skips what it already has, so the older cursor serves both.
    const after = Math.min(view.cursor, this.charts.cursor);
    this.#unsubscribe = this.#connection.subscribe(this.runId, after, {
      onEvents: (events) => this.#receive(events),
      onResync: () => {
        this.close();
        this.open();
      },
    });
  }

  #receive(events: readonly Event[]): void {
    // Only the record knows how smoothed lines go on from a checkpoint.
    const isRewound = events.some(
      ({ type, seq }) => type === "run_rewound" && seq > this.charts.cursor,
    );
    for (const event of events) {
      if (this.#view !== null) this.#view = reduceRunView(this.#view, event);
      this.charts.append(event);
    }
    this.#frame.request();
    if (isRewound || this.#hasLostDetail()) void this.#reloadCharts();
  }

  /** Whoever looks at a stretch for long would see it grow coarse while the run goes on. */
  #hasLostDetail(): boolean {
    if (this.#loadedRange === null || this.#isDetailAskedFor) return false;
    this.#isDetailAskedFor = this.charts.isCoarser;
    return this.#isDetailAskedFor;
  }

  async #reloadCharts(): Promise<void> {
    if (this.#status.phase !== "ready") return;
    this.#chartLoad.abort();
    const load = new AbortController();
    this.#chartLoad = load;
    const [view, range] = [this.#chartView, this.#range];
    this.charts.beginLoading();
    try {
      const [series, clock, counted] = await this.#fetchCharts(load.signal);
      if (load.signal.aborted) return;
      this.charts.finishLoading(view, series, clock, counted);
      this.#loadedRange = range;
      this.#isDetailAskedFor = false;
      this.#chartError = null;
    } catch (error) {
      if (load.signal.aborted) return;
      this.#chartError = describeError(error);
    }
    this.#publish();
  }

  async #fetchCharts(signal: AbortSignal): Promise<ChartHistory> {
    const { x, smoothing } = this.#chartView;
    const metrics = [...new Set([...this.charts.metrics, CLOCK_METRIC])];
    const range = this.#range === null ? {} : { range: this.#range };
    const names = this.charts.histograms.map(({ name }) => name);
    const [series, clock, counted] = await Promise.all([
      this.#fetchSeries(metrics, signal),
      x === "env_step"
        ? null
        : fetchSeries(
            {
              runId: this.runId,
              metrics: [CLOCK_METRIC],
              x: "env_step",
              smoothing,
              points: HISTORY_POINTS,
            },
            signal,
          ),
      names.length === 0
        ? null
        : fetchHistograms(
            { runId: this.runId, names, x, points: HISTOGRAM_POINTS, ...range },
            signal,
          ),
    ]);
    return [series, clock?.metrics[CLOCK_METRIC] ?? null, counted];
  }

  #fetchSeries(metrics: readonly string[], signal: AbortSignal): Promise<Series> {
    const range = this.#range === null ? {} : { range: this.#range };
    const request = { runId: this.runId, metrics, points: HISTORY_POINTS, ...this.#chartView };
    return fetchSeries({ ...request, ...range }, signal);
  }

  #isExact(): boolean {
    const { charts } = this;
    const isThin = charts.metrics.some((metric) => {
      const samples = charts.samples(metric);
      return samples !== null && samples.length !== samples.rows;
    });
    const names = charts.histograms.flatMap(({ name }) => charts.histogramNames(name));
    const isAddedUp = names.some((name) => {
      const track = charts.histogram(name);
      return track !== null && track.length !== track.recorded;
    });
    return !isThin && !isAddedUp;
  }

  #publish(): void {
    if (this.#view === null) return;
    this.#published = this.#view;
    this.#version += 1;
    const isNews = this.#status.phase !== "ready" || this.#status.chartError !== this.#chartError;
    this.#setStatus(isNews ? { phase: "ready", chartError: this.#chartError } : this.#status);
    for (const listener of this.#chartListeners) listener();
  }

  #setStatus(status: RunStatus): void {
    this.#status = status;
    for (const listener of this.#statusListeners) listener();
  }
}

function sameRange(a: ZoomRange | null, b: ZoomRange | null): boolean {
  return a === b || (a !== null && b !== null && a[0] === b[0] && a[1] === b[1]);
}
