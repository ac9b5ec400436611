import { describe, expect, it } from "vitest";
import type {
  Event,
  HistogramDefinition,
  HistogramSet,
  MetricSeries,
  Progress,
  Series,
  SeriesAxis,
} from "../api/types";
import { CLOCK_METRIC, RETURN_METRIC, RunCharts } from "./run-charts";

const AT = "2026-01-01T00:00:00Z";

/** Episode k ends at env step 10·k and second k, with return k; one per event. */
function episode(seq: number, k: number): Event {
  return {
    type: "episodes_finished",
    seq,
    at: AT,
    env_step: 10 * k,
    first_episode: k,
    last_episode: k,
    exact: true,
    columns: {
      episode: [k],
      worker: [k % 2],
      env_step: [10 * k],
      seconds: [k],
      return: [k],
      length: [k],
      return_min: null,
      return_max: null,
      count: null,
    },
  };
}

function metrics(seq: number, envSteps: number): Event {
  const summary = { mean: envSteps, min: envSteps - 1, max: envSteps + 1, last: 0, count: 4 };
  return {
    type: "metrics_summarised",
    seq,
    at: AT,
    env_step: envSteps,
    metrics: { policy_loss: summary, [CLOCK_METRIC]: summary },
    progress: {
      env_steps: envSteps,
      seconds: envSteps / 10,
      episodes: envSteps / 10,
      updates: envSteps / 5,
    } as Progress,
  };
}

function history(points: readonly number[], smoothing = 0): MetricSeries {
  return {
    x: points.map((k) => 10 * k),
    mean: [...points],
    min: [...points],
    max: [...points],
    count: points.map(() => 1),
    exact: true,
    rows: points.length,
    worker: null,
    smoothing_state: smoothing === 0 ? null : { last: 0.4 * (points.at(-1) ?? 0), count: 1 },
  };
}

function series(next: number, points: readonly number[], x: SeriesAxis = "env_step"): Series {
  const metric = history(points);
  const names = [RETURN_METRIC, "policy_loss", CLOCK_METRIC];
  return {
    run_id: "r",
    x,
    smoothing: 0,
    next,
    abandoned: [],
    metrics: Object.fromEntries(names.map((name) => [name, metric])),
  };
}

const raw = { x: "env_step", smoothing: 0 } as const;

function xs(charts: RunCharts, metric = RETURN_METRIC): number[] {
  return [...(charts.samples(metric)?.x ?? [])];
}

describe("history and live rows", () => {
  it("join without a gap and without a duplicate, whichever comes first", () => {
    const charts = new RunCharts(["policy_loss"]);
    charts.beginLoading();
    for (const k of [1, 2, 3, 4, 5]) charts.append(episode(k, k));
    charts.finishLoading(raw, series(3, [1, 2, 3]), null);
    for (const k of [4, 5, 6]) charts.append(episode(k, k));
    expect(xs(charts)).toEqual([10, 20, 30, 40, 50, 60]);
    expect(charts.cursor).toBe(6);
  });

  it("join again when the x axis changes while events keep coming", () => {
    const charts = new RunCharts(["policy_loss"]);
    charts.finishLoading(raw, series(2, [1, 2]), null);
    charts.append(episode(3, 3));
    charts.beginLoading();
    charts.append(episode(4, 4));
    expect(xs(charts)).toEqual([10, 20, 30, 40]);
    charts.finishLoading(
      { x: "episode", smoothing: 0 },
      series(3, [0.1, 0.2, 0.3], "episode"),
      null,
    );
    expect(xs(charts)).toEqual([1, 2, 3, 4]);
  });

  it("are drawn of the return while the other histories are on their way", () => {
    const charts = new RunCharts(["policy_loss"]);
    charts.showReturn(raw, series(2, [1, 2]));
    charts.beginLoading();
    charts.append(episode(2, 2));
    charts.append(episode(3, 3));
    charts.append(metrics(4, 40));
    expect(xs(charts)).toEqual([10, 20, 30]);
    expect(charts.samples("policy_loss")).toBeNull();
    charts.finishLoading(raw, series(3, [1, 2, 3]), null);
    expect(xs(charts)).toEqual([10, 20, 30]);
    expect(xs(charts, "policy_loss")).toEqual([10, 20, 30, 40]);
  });

  it("go on with the server's average where its history ends", () => {
    const charts = new RunCharts([]);
    const smoothed = series(1, [1]);
    smoothed.metrics[RETURN_METRIC] = history([1], 0.6);
    charts.finishLoading({ x: "env_step", smoothing: 0.6 }, smoothed, null);
    charts.append(episode(2, 2));
    // last = 0.6 · 0.4 · 1 + 0.4 · 2 = 1.04; y = 1.04 / (1 − 0.36).
    expect(charts.samples(RETURN_METRIC)?.line[1]).toBeCloseTo(1.04 / 0.64, 12);
  });

  it("show nothing before history has come", () => {
    const charts = new RunCharts([]);
    charts.append(episode(1, 1));
    expect(charts.samples(RETURN_METRIC)).toBeNull();
  });
});

describe("history", () => {
  it("keeps the worker of an exact episode", () => {
    const charts = new RunCharts([]);
    const owned = series(2, [1, 2]);
    owned.metrics[RETURN_METRIC] = { ...history([1, 2]), worker: [3, 0] };
    charts.finishLoading(raw, owned, null);
    expect([...(charts.samples(RETURN_METRIC)?.worker ?? [])]).toEqual([3, 0]);
  });
});

describe("live rows", () => {
  it("keep the worker of an exact episode, and the range of a bin", () => {
    const charts = new RunCharts([]);
    charts.finishLoading(raw, series(0, []), null);
    charts.append(episode(1, 1));
    const bin = episode(2, 9) as Extract<Event, { type: "episodes_finished" }>;
    charts.append({
      ...bin,
      exact: false,
      columns: { ...bin.columns, worker: [-1], return_min: [4], return_max: [30], count: [8] },
    });
    const samples = charts.samples(RETURN_METRIC);
    expect([...(samples?.worker ?? [])]).toEqual([1, -1]);
    expect([...(samples?.low ?? [])]).toEqual([1, 4]);
    expect([...(samples?.high ?? [])]).toEqual([1, 30]);
    expect(samples?.rows).toBe(9);
  });

  it.each<[SeriesAxis, number]>([
    ["env_step", 50],
    ["seconds", 5],
    ["episode", 5],
    ["update", 10],
  ])("know their place on the %s axis", (x, place) => {
    const charts = new RunCharts(["policy_loss"]);
    charts.finishLoading({ x, smoothing: 0 }, series(0, [], x), null);
    charts.append(metrics(1, 50));
    charts.append(episode(2, 5));
    expect(xs(charts, "policy_loss")).toEqual([place]);
    expect(xs(charts)).toEqual([place]);
    expect(charts.xMax).toBe(place);
  });

  it("never let a value that is not finite into a chart", () => {
    const charts = new RunCharts([]);
    charts.finishLoading(raw, series(0, []), null);
    const broken = episode(1, 1) as Extract<Event, { type: "episodes_finished" }>;
    charts.append({ ...broken, columns: { ...broken.columns, return: [Number.NaN] } });
    expect(xs(charts)).toEqual([]);
  });
});

describe("marks", () => {
  it("stand at their env step, or where the record says that it lies on another axis", () => {
    const charts = new RunCharts([]);
    charts.finishLoading(raw, series(0, []), null);
    expect(charts.place(123)).toBe(123);
    const inSeconds = series(3, [0.1, 0.2, 0.3], "seconds");
    charts.finishLoading({ x: "seconds", smoothing: 0 }, inSeconds, history([1, 2, 3]));
    expect(charts.place(20)).toBeCloseTo(2);
    charts.append(metrics(4, 50));
    expect(charts.place(40)).toBeCloseTo(4);
  });
});

describe("small charts", () => {
  it("can be exchanged: the next history brings the others", () => {
    const charts = new RunCharts(["policy_loss"]);
    charts.finishLoading(raw, series(1, [1]), null);
    charts.setShown(["value_loss"], []);
    charts.finishLoading(raw, series(1, [1]), null);
    expect(charts.samples("policy_loss")).toBeNull();
    expect(charts.samples("value_loss")?.length).toBe(0);
  });

  it("are missing only after there was time for a value", () => {
    const charts = new RunCharts(["policy_loss", "clip_fraction"]);
    charts.finishLoading(raw, series(1, [1]), null);
    expect(charts.isMissing("clip_fraction")).toBe(false);
    for (let seq = 2; seq <= 30; seq += 1) charts.append(metrics(seq, 10 * seq));
    expect(charts.isMissing("clip_fraction")).toBe(true);
    expect(charts.isMissing("policy_loss")).toBe(false);
    expect(charts.isMissing("never loaded")).toBe(false);
  });
});

describe("histograms", () => {
  const actions = { name: "actions", kind: "counts" } as HistogramDefinition;

  function counted(seq: number, step: number, name = "actions"): Event {
    return {
      type: "histograms_counted",
      seq,
      at: AT,
      env_step: step,
      seconds: step / 10,
      updates: step / 5,
      episodes: step / 2,
      histograms: { [name]: { exponent: 0, first: 0, counts: [1], labels: null } },
    };
  }

  function answer(next: number, x: number[]): HistogramSet {
    const one = {
      kind: "counts",
      exponent: 0,
      first: 0,
      edges: [0, 1],
      labels: null,
      begin: 0,
      x,
      counts: x.map(() => [1]),
      exact: true,
      rows: x.length,
    } as const;
    return { run_id: "r", x: "env_step", next, histograms: { actions: { ...one } as never } };
  }

  it("have a history of their own, and each live row once", () => {
    const charts = new RunCharts([]);
    charts.setShown([], [actions]);
    charts.beginLoading();
    for (const [seq, step] of [
      [4, 10],
      [5, 20],
      [6, 30],
    ] as const) {
      charts.append(counted(seq, step));
    }
    // The series was read before event 5, the histograms after it.
    charts.finishLoading(raw, series(4, [1]), null, answer(5, [10, 20]));
    charts.append(counted(6, 30));
    charts.append(episode(7, 5));

    expect(charts.histogram("actions")?.x).toEqual([10, 20, 30]);
    expect(xs(charts)).toEqual([10, 50]);
  });

  it.each([
    ["env_step", 40],
    ["seconds", 4],
    ["episode", 20],
    ["update", 8],
  ] as const)("stand at their place along %s", (x, place) => {
    const charts = new RunCharts([]);
    charts.setShown([], [actions]);
    charts.finishLoading({ x, smoothing: 0 }, series(0, [], x), null, answer(0, []));
    charts.append(counted(1, 40));

    expect(charts.histogram("actions")?.x).toEqual([place]);
  });

  it("come in several where an action has several dimensions; others are not kept", () => {
    const charts = new RunCharts([]);
    charts.setShown([], [actions]);
    charts.finishLoading(raw, series(0, []), null, answer(0, []));
    for (const [i, name] of ["actions.10", "actions.2", "policy_lag"].entries()) {
      charts.append(counted(i + 1, 10 * i, name));
    }

    expect(charts.histogramNames("actions")).toEqual(["actions", "actions.2", "actions.10"]);
    expect(charts.histogram("policy_lag")).toBeNull();
  });

  it("are missing only after there was time for some", () => {
    const charts = new RunCharts([]);
    charts.setShown([], [actions]);
    charts.finishLoading(raw, series(0, []), null, answer(0, []));
    expect(charts.isHistogramMissing("actions")).toBe(false);
    for (let seq = 1; seq <= 30; seq += 1) charts.append(metrics(seq, 10 * seq));
    expect(charts.isHistogramMissing("actions")).toBe(true);
  });
});

describe("a rewind", () => {
  const stretch = {
    from_seq: 3,
    until_seq: 5,
    from_episode: 3,
    until_episode: 5,
    from_env_step: 30,
    until_env_step: 50,
    from_seconds: 3,
    until_seconds: 5.5,
    from_update: 6,
    until_update: 10,
  };
  const rewound = { type: "run_rewound", seq: 6, env_step: 50, abandoned: stretch } as Event;

  it.each([
    ["env_step", 30, 50],
    ["seconds", 3, 5.5],
    ["episode", 3, 5],
    ["update", 6, 10],
  ] as const)("is known by its place on the axis of %s", (x, begin, end) => {
    const charts = new RunCharts([]);
    charts.finishLoading({ x, smoothing: 0 }, series(5, [1, 2, 3], x), null);
    charts.append(rewound);
    expect(charts.abandoned).toEqual([{ begin, end }]);
  });

  it("takes in the stretches that lie behind it", () => {
    const charts = new RunCharts([]);
    const before = [
      { begin: 5, end: 10 },
      { begin: 35, end: 40 },
    ];
    charts.finishLoading(raw, { ...series(5, [1, 2]), abandoned: before }, null);
    charts.append(rewound);
    expect(charts.abandoned).toEqual([before[0], { begin: 30, end: 50 }]);
  });

  it("keeps what was abandoned out of the smoothed line", () => {
    const charts = new RunCharts([]);
    charts.finishLoading({ x: "env_step", smoothing: 0.9 }, series(2, [1, 2]), null);
    for (const [seq, k] of [3, 4, 5].entries()) charts.append(episode(3 + seq, k * 100));
    charts.append(rewound);
    charts.append(episode(7, 6));
    expect(charts.samples(RETURN_METRIC)?.line.at(-1)).toBe(6);
  });

  it("that abandons nothing changes nothing", () => {
    const charts = new RunCharts([]);
    charts.finishLoading(raw, series(5, [1, 2]), null);
    charts.append({ ...rewound, abandoned: null } as Event);
    expect(charts.abandoned).toEqual([]);
  });
});

describe("the x axis", () => {
  it("begins at 0, and that of a fork where it left its parent", () => {
    const charts = new RunCharts([]);
    charts.finishLoading(raw, series(2, [101, 102]), null);
    expect(charts.xMin).toBe(0);
    charts.setOrigin(1_000);
    expect(charts.xMin).toBe(1_000);
  });
});
