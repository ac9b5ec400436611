import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SeriesRequest } from "../api/queries";
import type { Event, Progress, Series } from "../api/types";
import { ComparisonStore, type FollowedRun } from "./comparison-store";
import type { RunListener } from "./connection";
import { RETURN_METRIC } from "./run-charts";

const ENDLESS = { connection: { subscribe: () => () => {} } };

function progressOf(parts: Partial<Progress> = {}): Progress {
  return { env_steps: 0, seconds: 0, episodes: 0, solved_at: null, ...parts } as Progress;
}

function runOf(parts: Partial<FollowedRun> = {}): FollowedRun {
  return { id: "a", isActive: true, goal: 475, progress: progressOf(), ...parts };
}

/** What a server has: returns of episodes, and the best mean so far. */
function seriesOf(request: SeriesRequest, abandoned: Series["abandoned"] = []): Series {
  const isReturn = request.metrics.includes(RETURN_METRIC);
  const x = isReturn ? [10, 20] : request.x === "seconds" ? [1, 2, 3] : [100, 200, 300];
  const mean = isReturn ? [5, 7] : [50, 150, 250];
  const metric = {
    x,
    mean,
    min: mean,
    max: mean,
    count: x.map(() => 1),
    exact: true,
    rows: x.length,
  };
  return {
    run_id: request.runId,
    x: request.x,
    smoothing: request.smoothing,
    next: 4,
    abandoned,
    metrics: { [request.metrics[0] ?? ""]: metric },
  } as unknown as Series;
}

function episode(seq: number, envStep: number, value: number): Event {
  return {
    seq,
    type: "episodes_finished",
    env_step: envStep,
    last_episode: seq,
    columns: { worker: [0], env_step: [envStep], seconds: [0], episode: [seq], return: [value] },
  } as unknown as Event;
}

function metrics(seq: number, progress: Progress, best: number): Event {
  return {
    seq,
    type: "metrics_summarised",
    progress,
    metrics: { best_return_100: { mean: best, min: best, max: best, last: best, count: 1 } },
  } as unknown as Event;
}

function rewound(seq: number): Event {
  const abandoned = { env_step: { begin: 10, end: 20 } };
  return { seq, type: "run_rewound", env_step: 10, abandoned } as unknown as Event;
}

const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

describe("a comparison that is followed", () => {
  beforeEach(() => {
    vi.stubGlobal("requestAnimationFrame", (work: () => void) => {
      work();
      return 1;
    });
    vi.stubGlobal("cancelAnimationFrame", () => {});
  });
  afterEach(() => vi.unstubAllGlobals());

  function follow(series = (request: SeriesRequest) => Promise.resolve(seriesOf(request))) {
    const followed = new Map<string, { after: number; listener: RunListener }>();
    const store = new ComparisonStore(
      {
        connection: {
          subscribe: (runId, after, listener) => {
            followed.set(runId, { after, listener });
            return () => followed.delete(runId);
          },
        },
        series,
      },
      { x: "env_step", smoothing: 0 },
    );
    return { store, followed };
  }

  it("has each run's history once, and then what is new, each once", async () => {
    const { store, followed } = follow();
    store.setRuns([runOf()]);
    expect(store.isLoading).toBe(true);
    await settled();
    expect(followed.get("a")?.after).toBe(4);
    followed.get("a")?.listener.onEvents([episode(4, 20, 7), episode(5, 30, 9)]);
    const curve = store.curve("a");
    expect(Array.from(curve?.x ?? [])).toEqual([10, 20, 30]);
    expect(Array.from(curve?.y ?? [])).toEqual([5, 7, 9]);
  });

  it("asks for no events of a run that has ended, and does when it goes on", async () => {
    const { store, followed } = follow();
    store.setRuns([runOf({ isActive: false })]);
    await settled();
    expect(followed.size).toBe(0);
    store.setRuns([runOf({ isActive: true })]);
    expect(followed.size).toBe(1);
    store.setRuns([]);
    expect(followed.size).toBe(0);
    expect(store.curve("a")).toBeNull();
  });

  it("leaves out what a run went back behind", async () => {
    const { store } = follow((request) =>
      Promise.resolve(seriesOf(request, [{ begin: 10, end: 20 }])),
    );
    store.setRuns([runOf()]);
    await settled();
    expect(Array.from(store.curve("a")?.x ?? [])).toEqual([10]);
  });

  it("takes a run's own threshold from its process, as soon as that tells", async () => {
    const { store, followed } = follow();
    store.setThreshold(475);
    store.setRuns([runOf()]);
    await settled();
    expect(store.reach("a")).toBeNull();
    const solved = progressOf({ seconds: 4, solved_at: { env_steps: 77, seconds: 3 } });
    followed.get("a")?.listener.onEvents([metrics(5, solved, 480)]);
    expect(store.reach("a")).toEqual({ envSteps: 77, seconds: 3 });
    expect(store.progress("a")).toEqual(solved);
  });

  it("looks any other threshold up in the record, and sees it happen live", async () => {
    const { store, followed } = follow();
    store.setThreshold(150);
    store.setRuns([runOf()]);
    expect(store.reach("a")).toBeUndefined();
    await settled();
    await settled();
    expect(store.reach("a")).toEqual({ envSteps: 200, seconds: 2 });
    store.setThreshold(300);
    await settled();
    await settled();
    expect(store.reach("a")).toBeNull();
    const now = progressOf({ env_steps: 900, seconds: 9 });
    followed.get("a")?.listener.onEvents([metrics(6, now, 301)]);
    expect(store.reach("a")).toEqual({ envSteps: 900, seconds: 9 });
  });

  it("says what could not be had", async () => {
    const { store } = follow(() => Promise.reject(new Error("The server does not answer.")));
    store.setRuns([runOf()]);
    await settled();
    expect(store.error("a")).toBe("The server does not answer.");
    expect(store.isLoading).toBe(false);
  });

  it("shows no run on an axis that its own answer has not come for", async () => {
    const late: (() => void)[] = [];
    const { store } = follow((request) =>
      request.x === "env_step"
        ? Promise.resolve(seriesOf(request))
        : request.runId === "a"
          ? new Promise((resolve) => late.push(() => resolve(seriesOf(request))))
          : Promise.reject(new Error("no")),
    );
    store.setRuns([runOf(), runOf({ id: "b" })]);
    await settled();
    expect([store.curve("a"), store.curve("b")]).not.toContain(null);
    store.setView({ x: "seconds", smoothing: 0 });
    await settled();
    expect([store.curve("a"), store.curve("b")]).toEqual([null, null]);
    late[0]?.();
    await settled();
    expect(store.curve("a")).not.toBeNull();
    expect(store.curve("b")).toBeNull();
  });

  it("looks for the threshold again after a rewind", async () => {
    const { store, followed } = follow();
    store.setThreshold(300);
    store.setRuns([runOf()]);
    await settled();
    await settled();
    followed
      .get("a")
      ?.listener.onEvents([metrics(6, progressOf({ env_steps: 900, seconds: 9 }), 301)]);
    expect(store.reach("a")).not.toBeNull();
    followed.get("a")?.listener.onEvents([rewound(7)]);
    expect(store.reach("a")).toBeUndefined();
    await settled();
    await settled();
    expect(store.reach("a")).toBeNull();
  });

  it("forgets after a gap what it had from events", async () => {
    const { store, followed } = follow();
    store.setRuns([runOf()]);
    await settled();
    followed.get("a")?.listener.onEvents([metrics(6, progressOf({ seconds: 9 }), 1)]);
    expect(store.progress("a")).not.toBeNull();
    followed.get("a")?.listener.onResync();
    expect(store.progress("a")).toBeNull();
    expect(store.state("a")).toBeNull();
  });

  it("tries again what failed when the list of runs comes next", async () => {
    let answers = false;
    const { store } = follow((request) =>
      answers ? Promise.resolve(seriesOf(request)) : Promise.reject(new Error("no")),
    );
    store.setRuns([runOf()]);
    await settled();
    expect(store.error("a")).toBe("no");
    answers = true;
    store.setRuns([runOf()]);
    await settled();
    expect(store.error("a")).toBeNull();
    expect(store.curve("a")).not.toBeNull();
  });

  it("fetches anew for another axis", async () => {
    const asked: string[] = [];
    const store = new ComparisonStore(
      {
        ...ENDLESS,
        series: (request) => {
          asked.push(request.x);
          return Promise.resolve(seriesOf(request));
        },
      },
      { x: "env_step", smoothing: 0 },
    );
    store.setRuns([runOf()]);
    await settled();
    store.setView({ x: "seconds", smoothing: 0 });
    store.setView({ x: "seconds", smoothing: 0 });
    await settled();
    expect(asked).toEqual(["env_step", "seconds"]);
    store.close();
    expect(store.curve("a")).toBeNull();
  });
});
