/** The runs of a comparison, followed: curves for the chart and figures for the table. */

import { useEffect, useMemo, useRef, useState } from "react";
import { ACTIVE_STATES } from "../../api/queries";
import type { EnvironmentDescription, Run } from "../../api/types";
import { allotIndexes } from "../../charts/curve-style";
import { ComparisonStore } from "../../live/comparison-store";
import { useConnection } from "../../live/hooks";
import { rememberedBootstrap } from "../../statistics/bootstrap";
import { meanCurve } from "../../statistics/mean-curve";
import { type CompareSearch, DEFAULT_SMOOTHING, idsOf } from "./compare-search";
import type { DrawnCurve } from "./comparison-scene";
import { type CurveFigures, curveFigures } from "./figures";
import { gather } from "./gathering";
import { type Choice, chooseMembers } from "./members";

const CHART_EVERY_MS = 250;
const TABLE_EVERY_MS = 1_000;

export interface Comparison {
  readonly curves: readonly DrawnCurve[];
  readonly figures: readonly CurveFigures[];
  readonly threshold: number | null;
  /** The first run whose curve or threshold could not be had, and why. */
  readonly trouble: string | null;
  readonly isLoading: boolean;
  /** Hue and dash of each curve, by its key. */
  readonly indexes: ReadonlyMap<string, number>;
}

export function useComparison(
  runs: readonly Run[],
  environments: readonly EnvironmentDescription[],
  search: CompareSearch,
): Comparison {
  const connection = useConnection();
  const { x = "env_step", smoothing = DEFAULT_SMOOTHING, by = "setting" } = search;
  const first = useRef({ x, smoothing });
  const store = useMemo(() => new ComparisonStore({ connection }, first.current), [connection]);
  useEffect(() => () => store.close(), [store]);

  const goals = useMemo(() => goalsOf(runs, environments), [runs, environments]);
  const threshold = search.threshold ?? commonGoal([...goals.values()]);
  useEffect(() => {
    store.setThreshold(threshold);
    store.setRuns(
      runs.map((run) => ({
        id: run.id,
        isActive: ACTIVE_STATES.has(run.state),
        goal: goals.get(run.id) ?? null,
        progress: run.progress,
      })),
    );
  }, [store, runs, goals, threshold]);
  useEffect(() => store.setView({ x, smoothing }), [store, x, smoothing]);

  const gathered = useMemo(() => gather(runs, by), [runs, by]);
  const choice = useMemo<Choice>(
    () => ({
      withSteered: search.steered === "in" || by === "run",
      without: new Set(idsOf(search.without)),
    }),
    [search.steered, search.without, by],
  );
  const allotted = useRef<ReadonlyMap<string, number>>(new Map());
  const indexes = useMemo(() => {
    allotted.current = allotIndexes(
      allotted.current,
      gathered.map(({ key }) => key),
    );
    return allotted.current;
  }, [gathered]);

  const chartVersion = useThrottledVersion(store, CHART_EVERY_MS);
  const tableVersion = useThrottledVersion(store, TABLE_EVERY_MS);
  const intervals = useRef(new Map<string, ReturnType<typeof rememberedBootstrap>>());
  // biome-ignore lint/correctness/useExhaustiveDependencies: the store says when it has changed
  const curves = useMemo<readonly DrawnCurve[]>(
    () =>
      gathered.map(({ key, label, runs: each }) => {
        const { counted, leftOut } = chooseMembers(each, choice);
        const curveOf = (run: Run) => store.curve(run.id) ?? { x: [], y: [] };
        const seeds = counted.map(curveOf);
        const interval = intervals.current.get(key) ?? rememberedBootstrap();
        intervals.current.set(key, interval);
        return {
          key,
          label,
          index: indexes.get(key) ?? 0,
          seeds,
          others: leftOut
            .filter(({ reason }) => reason !== "hidden")
            .map(({ run }) => curveOf(run)),
          mean: seeds.length > 1 ? meanCurve(seeds, interval) : null,
          count: seeds.length,
        };
      }),
    [gathered, choice, indexes, store, chartVersion],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: the store says when it has changed
  const figures = useMemo(
    () => gathered.map((curve) => curveFigures(curve, choice, store, threshold)),
    [gathered, choice, store, threshold, tableVersion],
  );
  const failed = runs.find(({ id }) => store.error(id) !== null);
  return {
    curves,
    figures,
    threshold,
    trouble: failed === undefined ? null : `${failed.name}: ${store.error(failed.id)}`,
    isLoading: store.isLoading,
    indexes,
  };
}

/** What counts as solved, of each run: its own target, else its environment's threshold. */
function goalsOf(
  runs: readonly Run[],
  environments: readonly EnvironmentDescription[],
): ReadonlyMap<string, number | null> {
  return new Map(
    runs.map((run) => {
      const target = (run.budget ?? run.spec.budget).target_return;
      const environment = environments.find(({ id }) => id === run.environment.id);
      return [run.id, target ?? environment?.reward_threshold ?? null];
    }),
  );
}

/** Null if they differ: there is no line that means the same for all. */
export function commonGoal(goals: readonly (number | null)[]): number | null {
  const different = new Set(goals);
  return different.size === 1 ? ([...different][0] ?? null) : null;
}

/** The store's version, looked at so often at most; the last one is never missed. */
function useThrottledVersion(store: ComparisonStore, everyMs: number): number {
  const [version, setVersion] = useState(store.version);
  useEffect(() => {
    let timer: number | null = null;
    let lookedAt = Number.NEGATIVE_INFINITY;
    const look = () => {
      timer = null;
      lookedAt = performance.now();
      setVersion(store.version);
    };
    const stop = store.onChange(() => {
      timer ??= window.setTimeout(look, Math.max(0, lookedAt + everyMs - performance.now()));
    });
    look();
    return () => {
      stop();
      if (timer !== null) window.clearTimeout(timer);
    };
  }, [store, everyMs]);
  return version;
}
