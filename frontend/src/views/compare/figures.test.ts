import { describe, expect, it } from "vitest";
import type { Progress, Run } from "../../api/types";
import { bootstrapInterval } from "../../statistics/bootstrap";
import { curvesCsv, tableCsv } from "./comparison-csv";
import { curveFigures, type LiveFigures } from "./figures";

function progressOf(last: number | null, best: number | null, seconds = 10): Progress {
  return {
    env_steps: 1000,
    episodes: 50,
    updates: 5,
    seconds,
    steps_per_second: 0,
    mean_return_100: last,
    best_mean_return_100: best,
    solved_at: null,
    budget_fraction: null,
  } as unknown as Progress;
}

function runOf(id: string, seed: number, progress: Progress, name = id): Run {
  return {
    id,
    name,
    seed,
    group: "g",
    state: "running",
    steered: false,
    parent: null,
    progress,
    environment: { id: "CartPole-v1" },
    spec: { algorithm: "a3c" },
  } as unknown as Run;
}

const CHOICE = { withSteered: false, without: new Set<string>() };
const runs = [
  runOf("A", 1, progressOf(100, 120)),
  runOf("B", 2, progressOf(200, 220)),
  runOf("C", 3, progressOf(null, null)),
];
const live = (parts: Partial<LiveFigures> = {}): LiveFigures => ({
  progress: () => null,
  state: () => null,
  reach: () => null,
  ...parts,
});

describe("the figures of a curve", () => {
  const curve = { key: "k", label: "a3c", runs };

  it("are the mean over the seeds that have a value, and say how many these are", () => {
    const { seeds, last, best } = curveFigures(curve, CHOICE, live(), 475);
    expect(seeds).toBe(3);
    expect(last).toMatchObject({ mean: 150, iqm: 150, seeds: 2 });
    expect(last?.interval).toEqual(bootstrapInterval([100, 200]));
    expect(best?.mean).toBe(170);
  });

  it("take the newest of what the list and the events tell", () => {
    const told = progressOf(300, 310, 11);
    const newer = live({ progress: (id) => (id === "A" ? told : null), state: () => "paused" });
    const [first] = curveFigures(curve, CHOICE, newer, null).runs;
    expect(first).toMatchObject({ last: 300, state: "paused" });
    const stale = live({ progress: () => progressOf(1, 1, 2) });
    expect(curveFigures(curve, CHOICE, stale, null).runs[0]?.last).toBe(100);
  });

  it("say when the middle seed reached the threshold, once that is known of all", () => {
    const reach = (id: string) =>
      id === "C" ? null : { envSteps: id === "A" ? 500 : 900, seconds: id === "A" ? 4 : 6 };
    const { envSteps, seconds } = curveFigures(curve, CHOICE, live({ reach }), 475);
    expect(envSteps).toEqual({ count: 2, seeds: 3, median: 900 });
    expect(seconds?.median).toBe(6);
    const unknown = live({ reach: (id) => (id === "C" ? undefined : null) });
    expect(curveFigures(curve, CHOICE, unknown, 475).envSteps).toBeNull();
    expect(curveFigures(curve, CHOICE, live(), null).envSteps).toBeNull();
  });
});

describe("a comparison as CSV", () => {
  const rows = (text: string) => text.trimEnd().split("\r\n");

  it("has every figure of the table, exact, in lines as long as the head", () => {
    const third = 100 / 3;
    const odd = [runOf("A", 1, progressOf(third, 50), 'say "hi", seed 1')];
    const figures = [curveFigures({ key: "k", label: "=1+1", runs: odd }, CHOICE, live(), 475)];
    const [head = "", curve = "", run = ""] = rows(tableCsv(figures, 475));
    expect(curve.split(",")).toHaveLength(head.split(",").length);
    // The quoted name has one comma.
    expect(run.split(",")).toHaveLength(head.split(",").length + 1);
    const columns = head.split(",");
    expect(curve.split(",")[columns.indexOf("return_100")]).toBe(String(third));
    expect(run).toContain('"say ""hi"", seed 1"');
    // No spreadsheet takes a name for a formula.
    expect(curve.startsWith("curve,'=1+1,")).toBe(true);
  });

  it("has every point of the means and bands", () => {
    const curve = {
      x: Float64Array.of(1, 2.5),
      mean: Float64Array.of(10, 20),
      band: { low: Float64Array.of(9, 18), high: Float64Array.of(11, 22) },
      seeds: 3,
    };
    expect(rows(curvesCsv([{ label: "a3c", curve }], "env_step"))).toEqual([
      "curve,env_step,mean_return,low_95,high_95,seeds",
      "a3c,1,10,9,11,3",
      "a3c,2.5,20,18,22,3",
    ]);
  });
});
