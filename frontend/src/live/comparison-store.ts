/**
 * Several runs as a comparison follows them: the return of each, its history once and then live,
 * how far each has come, and when each reached the threshold.
 */

import { describeError } from "../api/problem";
import { fetchSeries, type SeriesRequest } from "../api/queries";
import type { Event, Progress, RunState, Series } from "../api/types";
import type { Curve } from "../statistics/common-grid";
import type { Connection } from "./connection";
import { FrameTask } from "./frame";
import { type ChartView, RETURN_METRIC, RunCharts } from "./run-charts";
import { BEST_METRIC, type Reach, searchReach } from "./threshold-search";

export interface FollowedRun {
  readonly id: string;
  /** It may still send events. */
  readonly isActive: boolean;
  /** What counts as solved for the run itself: its process notes that moment exactly. */
  readonly goal: number | null;
  readonly progress: Progress;
}

interface Member {
  run: FollowedRun;
  charts: RunCharts;
  isLoaded: boolean;
  error: string | null;
  /** Newer than the run's own; null until an event has told. */
  progress: Progress | null;
  state: RunState | null;
  /** Undefined while it is being looked for. */
  reach: Reach | null | undefined;
  load: AbortController;
  unsubscribe: (() => void) | null;
}

/** Of each run; a curve on a wide screen shows fewer. */
const HISTORY_POINTS = 2_000;

export interface ComparisonSources {
  readonly connection: Pick<Connection, "subscribe">;
  readonly series?: (request: SeriesRequest, signal?: AbortSignal) => Promise<Series>;
}

export class ComparisonStore {
  readonly #connection: Pick<Connection, "subscribe">;
  readonly #series: (request: SeriesRequest, signal?: AbortSignal) => Promise<Series>;
  readonly #members = new Map<string, Member>();
  readonly #listeners = new Set<() => void>();
  readonly #frame = new FrameTask(() => this.#publish());
  #view: ChartView;
  #threshold: number | null = null;
  #version = 0;

  constructor(sources: ComparisonSources, view: ChartView) {
    this.#connection = sources.connection;
    this.#series = sources.series ?? fetchSeries;
    this.#view = view;
  }

  /** Called at most once per animation frame, when anything is new. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Grows with every change. */
  get version(): number {
    return this.#version;
  }

  /** Opens those that are new, lets go of those that are not there any more. */
  setRuns(runs: readonly FollowedRun[]): void {
    const ids = new Set(runs.map(({ id }) => id));
    for (const [id, member] of this.#members) {
      if (ids.has(id)) continue;
      closeMember(member);
      this.#members.delete(id);
    }
    for (const run of runs) {
      const member = this.#members.get(run.id);
      if (member === undefined) {
        this.#open(run);
        continue;
      }
      const before = member.run;
      member.run = run;
      if (run.goal !== before.goal) this.#lookForReach(member);
      // The list is looked at every few seconds: as good a time as any to try again.
      if (!member.isLoaded && member.error !== null) {
        member.error = null;
        void this.#load(member);
      }
      if (run.isActive && member.isLoaded && member.unsubscribe === null) this.#follow(member);
    }
    this.#frame.request();
  }

  setView(view: ChartView): void {
    if (view.x === this.#view.x && view.smoothing === this.#view.smoothing) return;
    this.#view = view;
    for (const member of this.#members.values()) void this.#load(member);
  }

  setThreshold(threshold: number | null): void {
    if (threshold === this.#threshold) return;
    this.#threshold = threshold;
    for (const member of this.#members.values()) this.#lookForReach(member);
    this.#frame.request();
  }

  close(): void {
    for (const member of this.#members.values()) closeMember(member);
    this.#members.clear();
    this.#frame.cancel();
  }

  /** The smoothed return, without what the run went back behind; null until it is there. */
  curve(runId: string): Curve | null {
    const member = this.#members.get(runId);
    // Until its own answer has come, a member still lies on the axis before.
    if (member === undefined || member.charts.view.x !== this.#view.x) return null;
    const samples = member.charts.samples(RETURN_METRIC);
    if (samples === null) return null;
    const { abandoned } = member.charts;
    if (abandoned.length === 0) return { x: samples.x, y: samples.line };
    const isCourse = (_: number, i: number) =>
      !abandoned.some(({ begin, end }) => {
        const at = samples.x[i] ?? 0;
        return begin < at && at <= end;
      });
    return { x: samples.x.filter(isCourse), y: samples.line.filter(isCourse) };
  }

  /** Newer than the list of runs has it; null if no event has told. */
  progress(runId: string): Progress | null {
    return this.#members.get(runId)?.progress ?? null;
  }

  /** As `progress`. */
  state(runId: string): RunState | null {
    return this.#members.get(runId)?.state ?? null;
  }

  /** Null: not reached; undefined: that is still being looked up. */
  reach(runId: string): Reach | null | undefined {
    const member = this.#members.get(runId);
    if (member === undefined) return undefined;
    if (this.#threshold === null) return null;
    if (member.run.goal !== this.#threshold) return member.reach;
    const { solved_at: at } = member.progress ?? member.run.progress;
    return at === null || at === undefined ? null : { envSteps: at.env_steps, seconds: at.seconds };
  }

  error(runId: string): string | null {
    return this.#members.get(runId)?.error ?? null;
  }

  get isLoading(): boolean {
    return [...this.#members.values()].some(({ isLoaded, error }) => !isLoaded && error === null);
  }

  #open(run: FollowedRun): void {
    const member: Member = {
      run,
      charts: new RunCharts([]),
      isLoaded: false,
      error: null,
      progress: null,
      state: null,
      reach: undefined,
      load: new AbortController(),
      unsubscribe: null,
    };
    this.#members.set(run.id, member);
    this.#lookForReach(member);
    void this.#load(member);
  }

  async #load(member: Member): Promise<void> {
    member.load.abort();
    const load = new AbortController();
    member.load = load;
    const view = this.#view;
    member.charts.beginLoading();
    try {
      const request = {
        runId: member.run.id,
        metrics: [RETURN_METRIC],
        points: HISTORY_POINTS,
        ...view,
      };
      const series = await this.#series(request, load.signal);
      if (load.signal.aborted) return;
      member.charts.finishLoading(view, series, null);
      member.isLoaded = true;
      member.error = null;
      if (member.run.isActive && member.unsubscribe === null) this.#follow(member);
    } catch (error) {
      if (load.signal.aborted) return;
      member.error = describeError(error);
    }
    this.#frame.request();
  }

  #follow(member: Member): void {
    member.unsubscribe = this.#connection.subscribe(member.run.id, member.charts.cursor, {
      onEvents: (events) => this.#receive(member, events),
      onResync: () => {
        member.unsubscribe?.();
        member.unsubscribe = null;
        // What came in the gap, no event tells: until one does, the list of runs knows more.
        member.progress = null;
        member.state = null;
        this.#lookForReach(member);
        void this.#load(member);
      },
    });
  }

  #receive(member: Member, events: readonly Event[]): void {
    const { cursor } = member.charts;
    for (const event of events) {
      member.charts.append(event);
      if (event.type === "run_state_changed") member.state = event.state;
      if (event.type !== "metrics_summarised") continue;
      member.progress = event.progress;
      const best = event.metrics[BEST_METRIC]?.max ?? Number.NEGATIVE_INFINITY;
      if (this.#threshold !== null && best >= this.#threshold && member.reach == null) {
        const { env_steps: envSteps, seconds } = event.progress;
        member.reach = { envSteps, seconds };
      }
    }
    // Only the record knows how the smoothed line goes on from a checkpoint.
    const isRewound = events.some(({ type, seq }) => type === "run_rewound" && seq > cursor);
    if (isRewound) {
      this.#lookForReach(member);
      void this.#load(member);
    }
    this.#frame.request();
  }

  /** For a threshold that is not the run's own, its process has noted nothing: its record has. */
  #lookForReach(member: Member): void {
    const threshold = this.#threshold;
    member.reach = undefined;
    if (threshold === null || threshold === member.run.goal) return;
    const isNews = () =>
      this.#threshold === threshold && this.#members.get(member.run.id) === member;
    searchReach(member.run.id, threshold, (request) => this.#series(request)).then(
      (found) => {
        if (!isNews()) return;
        // Meanwhile an event may have told; what the record knows is earlier.
        member.reach = found ?? member.reach ?? null;
        this.#frame.request();
      },
      (error: unknown) => {
        if (!isNews()) return;
        member.error = describeError(error);
        this.#frame.request();
      },
    );
  }

  #publish(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}

function closeMember(member: Member): void {
  member.load.abort();
  member.unsubscribe?.();
  member.unsubscribe = null;
}
