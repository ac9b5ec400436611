/** Asks for new settings, one request for all that change together, and remembers how to undo. */

import { useCallback, useState } from "react";
import { setHyperparameters } from "../../api/actions";
import { ApiProblem, describeError } from "../../api/problem";
import type { Setting } from "../../api/types";
import type { RunStore } from "../../live/run-store";

export type Settings = Readonly<Record<string, Setting>>;

export interface Tuning {
  /** Sent and not yet answered. */
  readonly sending: ReadonlyMap<string, Setting>;
  /** The server's words about the last try, by hyperparameter. */
  readonly errors: ReadonlyMap<string, string>;
  /** What undo would ask for; null if nothing was changed here yet. */
  readonly undoable: Settings | null;
  readonly tune: (settings: Settings) => void;
  readonly undo: () => void;
}

export function useTuning(store: RunStore): Tuning {
  const [sending, setSending] = useState<ReadonlyMap<string, Setting>>(new Map());
  const [errors, setErrors] = useState<ReadonlyMap<string, string>>(new Map());
  const [history, setHistory] = useState<readonly Settings[]>([]);

  const request = useCallback(
    async (settings: Settings): Promise<boolean> => {
      const names = Object.keys(settings);
      const complain = (words: ReadonlyMap<string, string>) =>
        setErrors((before) => new Map([...before, ...words]));
      setErrors((before) => without(before, names));
      setSending((before) => new Map([...before, ...Object.entries(settings)]));
      try {
        const command = await setHyperparameters(store.runId, settings);
        if (command.state !== "rejected") return true;
        complain(new Map([[names[0] ?? "", command.error ?? "rejected"]]));
        return false;
      } catch (error) {
        complain(wordsFor(names, error));
        return false;
      } finally {
        setSending((before) => without(before, names));
      }
    },
    [store],
  );

  const tune = useCallback(
    (settings: Settings) => {
      const before = Object.fromEntries(
        Object.keys(settings).flatMap((name) => {
          const used = store.view.used[name]?.setting;
          return used === undefined ? [] : [[name, used] as const];
        }),
      );
      void request(settings).then((isDone) => {
        if (isDone && Object.keys(before).length > 0) setHistory((past) => [...past, before]);
      });
    },
    [request, store],
  );

  const undoable = history.at(-1) ?? null;
  const undo = useCallback(() => {
    if (undoable === null) return;
    setHistory((past) => past.slice(0, -1));
    void request(undoable);
  }, [undoable, request]);

  return { sending, errors, undoable, tune, undo };
}

/** Each complaint at its own row; one about none of them at the first that was changed. */
export function wordsFor(names: readonly string[], error: unknown): ReadonlyMap<string, string> {
  const [first = ""] = names;
  if (!(error instanceof ApiProblem)) return new Map([[first, describeError(error)]]);
  const words = new Map<string, string>();
  for (const { loc, message } of error.fields) {
    words.set(names.find((name) => loc.includes(name)) ?? first, message);
  }
  return words.size === 0 ? new Map([[first, error.message]]) : words;
}

function without<T>(map: ReadonlyMap<string, T>, names: readonly string[]): ReadonlyMap<string, T> {
  if (!names.some((name) => map.has(name))) return map;
  return new Map([...map].filter(([name]) => !names.includes(name)));
}
