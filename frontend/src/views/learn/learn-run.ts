/** The run whose numbers stand beside the theory. */

import { createContext, useContext, useMemo, useSyncExternalStore } from "react";
import type { AlgorithmDescription, Run, Scalar } from "../../api/types";
import type { RunStore } from "../../live/run-store";
import { settingValue } from "../../live/schedules";

export interface LearnRun {
  readonly run: Run;
  /** Ready: there is a view. */
  readonly store: RunStore;
  readonly algorithm: AlgorithmDescription;
}

export const LearnRunContext = createContext<LearnRun | null>(null);

/** Null: there is no run, or it has not come yet. */
export function useLearnRun(): LearnRun | null {
  return useContext(LearnRunContext);
}

/** Something small about the run, read again whenever there is news; null without a run. */
function useRunValue<T extends Scalar>(read: (live: LearnRun) => T | null): T | null {
  const live = useLearnRun();
  return useSyncExternalStore(
    useMemo(() => (listener: () => void) => live?.store.onStatus(listener) ?? (() => {}), [live]),
    () => (live === null ? null : read(live)),
  );
}

/** The newest smoothed value of a metric; null where it has none. */
export function useNewest(metric: string): number | null {
  return useRunValue(({ store }) => store.charts.samples(metric)?.line.at(-1) ?? null);
}

/** What a hyperparameter is worth now. */
export function useUsed(name: string): Scalar | null {
  return useRunValue(({ store }) => {
    const used = store.view.used[name];
    if (used === undefined) return null;
    const { setting, sinceEnvStep } = used;
    const value = settingValue(setting, store.view.progress.env_steps, sinceEnvStep);
    return typeof value === "number" ? Number(value.toPrecision(4)) : value;
  });
}

/** The same, where only a number makes sense. */
export function useUsedNumber(name: string, fallback: number): number {
  const used = useUsed(name);
  return typeof used === "number" ? used : fallback;
}

/** Whether there are weights to play with: those of a checkpoint. */
export function useHasCheckpoint(): boolean {
  const isThere = useRunValue(({ run, store }) => {
    // A fork has that of its parent.
    return store.view.checkpointsSeq > 0 || run.parent !== null;
  });
  return isThere === true;
}
