import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fetchSeries, type SeriesRequest } from "../api/queries";
import type { Event, Hyperparameters, Progress, Run, Series } from "../api/types";
import type { Connection, RunListener } from "./connection";
import { CLOCK_METRIC, RETURN_METRIC } from "./run-charts";
import { RunStore, type ZoomRange } from "./run-store";

vi.mock("../api/queries", () => ({
  fetchEventHistory: () => Promise.resolve({ events: [], next: HISTORY }),
  fetchHistograms: vi.fn(),
  fetchSeries: vi.fn(),
}));

/** Recorded rows when the page was opened; row k is at env step k and is event k. */
const HISTORY = 4_000;
/** More than there is room for beside the history. */
const PLENTY = 5_000;
const EARLY: ZoomRange = [100, 200];

const progress = { env_steps: 0, episodes: 0, updates: 0, seconds: 0 } as Progress;
const run = { state: "running", reason: null, progress, steered: false, parent: null };
const hyperparameters = { revision: 0, env_step: 0, items: [] };

let lastSeq = HISTORY;

function seriesOf({ metrics, x, smoothing, range }: SeriesRequest): Series {
  const [from, to] = range ?? [1, lastSeq];
  const rows = Array.from({ length: Math.min(to, lastSeq) - from + 1 }, (_, i) => from + i);
  const metric = {
    ...{ x: rows, mean: rows, min: rows, max: rows, count: rows.map(() => 1) },
    ...{ exact: true, rows: rows.length, worker: null, smoothing_state: null },
  };
  return {
    ...{ run_id: "r", x, smoothing, next: lastSeq, abandoned: [] },
    metrics: Object.fromEntries(metrics.map((name) => [name, metric])),
  };
}

function flush(seq: number): Event {
  const summary = { mean: seq, min: seq, max: seq, last: seq, count: 1 };
  return {
    ...{ type: "metrics_summarised", seq, at: "2026-01-01T00:00:00Z", env_step: seq },
    metrics: { [CLOCK_METRIC]: summary },
    progress: { ...progress, env_steps: seq },
  } as Event;
}

const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

describe("a run that goes on", () => {
  beforeEach(() => {
    lastSeq = HISTORY;
    vi.mocked(fetchSeries).mockImplementation((request) => Promise.resolve(seriesOf(request)));
    vi.stubGlobal("requestAnimationFrame", (work: () => void) => {
      work();
      return 1;
    });
    vi.stubGlobal("cancelAnimationFrame", () => {});
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.mocked(fetchSeries).mockReset();
  });

  async function opened(range: ZoomRange | null) {
    let listener: RunListener | undefined;
    const connection = {
      subscribe: (_runId: string, _after: number, own: RunListener) => {
        listener = own;
        return () => {};
      },
    };
    const store = new RunStore("r", {
      connection: connection as unknown as Connection,
      sources: {
        run: () => Promise.resolve(run as unknown as Run),
        hyperparameters: () => Promise.resolve(hyperparameters as unknown as Hyperparameters),
      },
      metrics: [CLOCK_METRIC],
      view: { x: "env_step", smoothing: 0 },
      range,
    });
    store.open();
    await settled();
    vi.mocked(fetchSeries).mockClear();
    const receive = (rows: number) => {
      for (let i = 0; i < rows; i += 1) {
        lastSeq += 1;
        listener?.onEvents([flush(lastSeq)]);
      }
    };
    return { store, receive };
  }

  /** Places of the samples in what is looked at. */
  function within([from, to]: ZoomRange, store: RunStore): number[] {
    const x = store.charts.samples(CLOCK_METRIC)?.x ?? [];
    return Array.from(x).filter((each) => each >= from && each <= to);
  }

  const everyRow = Array.from({ length: 101 }, (_, i) => 100 + i);

  it("leaves a stretch that is looked at as fine as it is", async () => {
    const { store, receive } = await opened(EARLY);
    expect(within(EARLY, store)).toEqual(everyRow);
    receive(2 * PLENTY);
    await settled();
    expect(fetchSeries).toHaveBeenCalledTimes(1);
    expect(within(EARLY, store)).toEqual(everyRow);
    expect(store.charts.cursor).toBe(lastSeq);
    receive(1);
    await settled();
    expect(fetchSeries).toHaveBeenCalledTimes(1);
    store.close();
  });

  it("asks once when the finer history is refused, and says so", async () => {
    const { store, receive } = await opened(EARLY);
    vi.mocked(fetchSeries).mockRejectedValue(new Error("no"));
    receive(2 * PLENTY);
    await settled();
    receive(10);
    await settled();
    expect(fetchSeries).toHaveBeenCalledTimes(1);
    expect(store.status).toMatchObject({ phase: "ready", chartError: expect.any(String) });
    store.close();
  });

  it("is not fetched anew while all of it is looked at", async () => {
    const { store, receive } = await opened(null);
    receive(PLENTY);
    await settled();
    expect(fetchSeries).not.toHaveBeenCalled();
    expect(store.charts.samples(RETURN_METRIC)?.rows).toBe(HISTORY);
    expect(store.charts.samples(CLOCK_METRIC)?.rows).toBe(HISTORY + PLENTY);
    store.close();
  });
});
