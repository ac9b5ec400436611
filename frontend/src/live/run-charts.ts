/**
 * The samples behind a run's charts: history once, then every live row, in fixed memory.
 *
 * Not React state: charts read it at most once per animation frame.
 */

import type {
  AxisStretch,
  EpisodesFinished,
  Event,
  HistogramDefinition,
  HistogramSet,
  HistogramsCounted,
  MetricSeries,
  MetricsSummarised,
  RunRewound,
  Series,
  SeriesAxis,
} from "../api/types";
import { AxisConversion } from "./axis-conversion";
import { DebiasedEma } from "./ema";
import { HistogramTrack } from "./histogram-track";
import { type Sample, SampleBuffer } from "./sample-buffer";

export const RETURN_METRIC = "episode_return";
/** Present at every flush, so it maps env steps to seconds, episodes and updates. */
export const CLOCK_METRIC = "steps_per_second";

/** Enough for every pixel of a wide screen several times over. */
const RETURN_CAPACITY = 16_384;
const METRIC_CAPACITY = 8_192;

/** A metric that is measured now and then has come by then, or it is not measured at all. */
const FLUSHES_FOR_A_VALUE = 25;

/** What the charts show: all of them share it. */
export interface ChartView {
  readonly x: SeriesAxis;
  /** Of the debiased EMA; 0 to 0.999. */
  readonly smoothing: number;
}

interface Track {
  readonly buffer: SampleBuffer;
  ema: DebiasedEma;
}

export class RunCharts {
  #metrics: readonly string[];
  #view: ChartView = { x: "env_step", smoothing: 0.6 };
  #histograms: readonly HistogramDefinition[] = [];
  #tracks = new Map<string, Track>();
  /** By name; of a numbered one, as many as there are. */
  #histogramTracks = new Map<string, HistogramTrack>();
  /** Each history has a newest event of its own. */
  #newest = { series: 0, histograms: 0 };
  #abandoned: readonly AxisStretch[] = [];
  #conversion = AxisConversion.identity();
  #cursor = 0;
  #origin = 0;
  /** Events that arrive while history is being fetched; null when it is there. */
  #backlog: Event[] | null = [];
  #updatesPerStep = 0;
  /** Rows of metrics in these charts. */
  #flushes = 0;

  /** @param metrics those of the small charts; the return is always there */
  constructor(metrics: readonly string[]) {
    this.#metrics = [RETURN_METRIC, ...metrics];
  }

  get metrics(): readonly string[] {
    return this.#metrics;
  }

  get histograms(): readonly HistogramDefinition[] {
    return this.#histograms;
  }

  /** Other small charts, from the next history on. */
  setShown(metrics: readonly string[], histograms: readonly HistogramDefinition[]): void {
    this.#metrics = [RETURN_METRIC, ...metrics];
    this.#histograms = histograms;
  }

  get view(): ChartView {
    return this.#view;
  }

  /** The newest event that the charts contain. */
  get cursor(): number {
    return this.#cursor;
  }

  /** Null until history has come. */
  samples(metric: string): SampleBuffer | null {
    return this.#tracks.get(metric)?.buffer ?? null;
  }

  /** Null until history has come. */
  histogram(name: string): HistogramTrack | null {
    return this.#histogramTracks.get(name) ?? null;
  }

  /** One name; of a numbered histogram, all that this run has. */
  histogramNames(base: string): string[] {
    const others = [...this.#histogramTracks.keys()].filter((name) => name.startsWith(`${base}.`));
    return [base, ...others.sort((a, b) => numberOf(a) - numberOf(b))];
  }

  /** Whether nothing was counted although there was time for it. */
  isHistogramMissing(name: string): boolean {
    const track = this.histogram(name);
    return track !== null && track.length === 0 && this.#flushes >= FLUSHES_FOR_A_VALUE;
  }

  /** Whether there are no values of a metric although there was time for some. */
  isMissing(metric: string): boolean {
    const samples = this.samples(metric);
    return samples !== null && samples.length === 0 && this.#flushes >= FLUSHES_FOR_A_VALUE;
  }

  /** Whether live rows have made what was fetched coarser. */
  get isCoarser(): boolean {
    for (const { buffer } of this.#tracks.values()) if (buffer.isThinned) return true;
    for (const track of this.#histogramTracks.values()) if (track.isThinned) return true;
    return false;
  }

  /** What the run went back behind, on the present x axis, in its order. */
  get abandoned(): readonly AxisStretch[] {
    return this.#abandoned;
  }

  /** The place of an env step on the present x axis; null where the record does not tell. */
  place(envStep: number): number | null {
    return this.#conversion.convert(envStep);
  }

  /** Where the run began: a fork has an env step of its parent. */
  setOrigin(envStep: number): void {
    this.#origin = envStep;
  }

  /** The begin of the x axis. */
  get xMin(): number {
    return this.#origin === 0 ? 0 : (this.place(this.#origin) ?? 0);
  }

  /** The end of the x axis while it follows the run. */
  get xMax(): number {
    let max = 0;
    for (const { buffer } of this.#tracks.values()) max = Math.max(max, buffer.x.at(-1) ?? 0);
    return max;
  }

  /** Call before history is asked for: from here on, no event may be lost. */
  beginLoading(): void {
    this.#backlog = [];
  }

  /**
   * Takes the history of the return alone, which is there first: the rest follows by
   * `beginLoading` and `finishLoading`, and until then has no samples.
   */
  showReturn(view: ChartView, series: Series): void {
    this.#view = view;
    this.#abandoned = series.abandoned;
    this.#tracks = new Map([
      [RETURN_METRIC, openTrack(RETURN_METRIC, view, series.metrics[RETURN_METRIC])],
    ]);
    this.#conversion = view.x === "env_step" ? AxisConversion.identity() : AxisConversion.empty();
    this.#newest = { series: series.next, histograms: series.next };
    this.#cursor = series.next;
  }

  /**
   * Takes the history, then what came in the meantime: no gap, no duplicate.
   *
   * @param clock `CLOCK_METRIC` over env steps; null if that is the x axis anyway
   * @param counted null if no histograms are shown
   */
  finishLoading(
    view: ChartView,
    series: Series,
    clock: MetricSeries | null,
    counted: HistogramSet | null = null,
  ): void {
    this.#view = view;
    this.#histogramTracks = this.#openHistograms(counted);
    this.#abandoned = series.abandoned;
    this.#tracks = new Map(
      this.#metrics.map((metric) => [metric, openTrack(metric, view, series.metrics[metric])]),
    );
    const clockHere = series.metrics[CLOCK_METRIC];
    this.#flushes = clockHere?.rows ?? 0;
    this.#conversion =
      view.x === "env_step" || clock === null || clockHere === undefined
        ? view.x === "env_step"
          ? AxisConversion.identity()
          : AxisConversion.empty()
        : AxisConversion.between(clock, clockHere);
    this.#newest = { series: series.next, histograms: counted?.next ?? series.next };
    this.#cursor = Math.min(this.#newest.series, this.#newest.histograms);
    const backlog = this.#backlog ?? [];
    this.#backlog = null;
    for (const event of backlog) this.append(event);
  }

  /** Adds a live event; one that is already in the history changes nothing. */
  append(event: Event): void {
    // What is drawn goes on moving while new history is on its way.
    this.#backlog?.push(event);
    if (this.#tracks.size === 0 || event.seq <= this.#cursor) return;
    this.#cursor = event.seq;
    if (event.type === "histograms_counted") {
      if (event.seq > this.#newest.histograms) this.#appendHistograms(event);
    } else if (event.seq > this.#newest.series) {
      if (event.type === "episodes_finished") this.#appendEpisodes(event);
      if (event.type === "metrics_summarised") this.#appendMetrics(event);
      if (event.type === "run_rewound") this.#goBack(event);
    }
  }

  /**
   * Where the averages stood at the checkpoint only a new history can tell: until it is there,
   * they begin anew, so that nothing of the abandoned stretch gets into them.
   */
  #goBack({ abandoned: stretch }: RunRewound): void {
    if (stretch === null) return;
    const { x, smoothing } = this.#view;
    const [begin, end] = {
      env_step: [stretch.from_env_step, stretch.until_env_step],
      seconds: [stretch.from_seconds, stretch.until_seconds],
      episode: [stretch.from_episode, stretch.until_episode],
      update: [stretch.from_update, stretch.until_update],
    }[x] as [number, number];
    this.#abandoned = [...this.#abandoned.filter((each) => each.end <= begin), { begin, end }];
    for (const track of this.#tracks.values()) track.ema = new DebiasedEma(smoothing);
  }

  #openHistograms(counted: HistogramSet | null): Map<string, HistogramTrack> {
    const tracks = new Map<string, HistogramTrack>();
    for (const { name: base, kind } of this.#histograms) {
      tracks.set(base, new HistogramTrack(kind, null));
      for (const [name, history] of Object.entries(counted?.histograms ?? {})) {
        if (baseOf(name) === base) tracks.set(name, new HistogramTrack(kind, history));
      }
    }
    return tracks;
  }

  #appendHistograms(event: HistogramsCounted): void {
    const { env_step, seconds, updates, episodes } = event;
    const x = { env_step, seconds, episode: episodes, update: updates }[this.#view.x];
    for (const [name, counts] of Object.entries(event.histograms)) {
      const definition = this.#histograms.find((each) => each.name === baseOf(name));
      if (definition === undefined) continue;
      const track = this.#histogramTracks.get(name) ?? new HistogramTrack(definition.kind, null);
      this.#histogramTracks.set(name, track);
      track.append(x, counts);
    }
  }

  #appendEpisodes(event: EpisodesFinished): void {
    const track = this.#tracks.get(RETURN_METRIC);
    if (track === undefined) return;
    const { columns } = event;
    columns.return.forEach((value, i) => {
      if (!Number.isFinite(value)) return;
      const count = columns.count?.[i] ?? 1;
      track.buffer.append({
        x: this.#episodeX(event, i),
        line: track.ema.push(value, count),
        low: columns.return_min?.[i] ?? value,
        high: columns.return_max?.[i] ?? value,
        count,
        worker: columns.worker[i] ?? -1,
      });
    });
  }

  #episodeX(event: EpisodesFinished, i: number): number {
    const { columns } = event;
    const envStep = columns.env_step[i] ?? event.env_step;
    switch (this.#view.x) {
      case "env_step":
        return envStep;
      case "seconds":
        return columns.seconds[i] ?? 0;
      case "episode":
        return columns.episode[i] ?? event.last_episode;
      case "update":
        return Math.round(envStep * this.#updatesPerStep);
    }
  }

  #appendMetrics(event: MetricsSummarised): void {
    const { progress } = event;
    this.#flushes += 1;
    if (progress.env_steps > 0) this.#updatesPerStep = progress.updates / progress.env_steps;
    const x = {
      env_step: progress.env_steps,
      seconds: progress.seconds,
      episode: progress.episodes,
      update: progress.updates,
    }[this.#view.x];
    this.#conversion.append(progress.env_steps, x);
    for (const [name, summary] of Object.entries(event.metrics)) {
      const track = this.#tracks.get(name);
      if (track === undefined || name === RETURN_METRIC || !Number.isFinite(summary.mean)) continue;
      track.buffer.append({
        x,
        line: track.ema.push(summary.mean),
        low: summary.min,
        high: summary.max,
        count: 1,
        worker: -1,
      });
    }
  }
}

/** `actions` of `actions.2`. */
function baseOf(name: string): string {
  return name.split(".", 1)[0] ?? name;
}

function numberOf(name: string): number {
  return Number(name.slice(baseOf(name).length + 1));
}

function openTrack(metric: string, view: ChartView, history: MetricSeries | undefined): Track {
  const capacity = metric === RETURN_METRIC ? RETURN_CAPACITY : METRIC_CAPACITY;
  const buffer = new SampleBuffer(capacity);
  if (history === undefined) return { buffer, ema: new DebiasedEma(view.smoothing) };
  for (const sample of historySamples(history)) buffer.append(sample);
  const rows = history.rows;
  const lastMean = history.mean.at(-1) ?? 0;
  const state = history.smoothing_state ?? {
    last: lastMean * (1 - view.smoothing ** rows),
    count: rows,
  };
  return { buffer, ema: DebiasedEma.resume(view.smoothing, state) };
}

function historySamples(history: MetricSeries): Sample[] {
  return history.x.map((x, i) => ({
    x,
    line: history.mean[i] ?? Number.NaN,
    low: history.min[i] ?? Number.NaN,
    high: history.max[i] ?? Number.NaN,
    count: history.count[i] ?? 1,
    worker: history.worker?.[i] ?? -1,
  }));
}
