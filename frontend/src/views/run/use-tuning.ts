/** Asks for new settings, one request each, and remembers how to undo the last change. */

import { useCallback, useState } from "react";
import { setHyperparameters } from "../../api/actions";
import { ApiProblem, describeError } from "../../api/problem";
import type { Setting } from "../../api/types";
import type { RunStore } from "../../live/run-store";

export interface Tuning {
  /** Sent and not yet answered. */
  readonly sending: ReadonlyMap<string, Setting>;
  /** The server's words about the last try, by hyperparameter. */
  readonly errors: ReadonlyMap<string, string>;
  readonly canUndo: boolean;
  readonly tune: (name: string, setting: Setting) => void;
  readonly undo: () => void;
}

interface Change {
  readonly name: string;
  readonly before: Setting;
}

export function useTuning(store: RunStore): Tuning {
  const [sending, setSending] = useState<ReadonlyMap<string, Setting>>(new Map());
  const [errors, setErrors] = useState<ReadonlyMap<string, string>>(new Map());
  const [history, setHistory] = useState<readonly Change[]>([]);

  const request = useCallback(
    async (name: string, setting: Setting): Promise<boolean> => {
      setErrors((before) => without(before, name));
      setSending((before) => new Map(before).set(name, setting));
      try {
        const command = await setHyperparameters(store.runId, { [name]: setting });
        if (command.state !== "rejected") return true;
        setErrors((before) => new Map(before).set(name, command.error ?? "rejected"));
        return false;
      } catch (error) {
        setErrors((before) => new Map(before).set(name, wordsFor(name, error)));
        return false;
      } finally {
        setSending((before) => without(before, name));
      }
    },
    [store],
  );

  const tune = useCallback(
    (name: string, setting: Setting) => {
      const before = store.view.used[name]?.setting;
      void request(name, setting).then((isDone) => {
        if (isDone && before !== undefined) setHistory((past) => [...past, { name, before }]);
      });
    },
    [request, store],
  );

  const undo = useCallback(() => {
    const last = history.at(-1);
    if (last === undefined) return;
    setHistory(history.slice(0, -1));
    void request(last.name, last.before);
  }, [history, request]);

  return { sending, errors, canUndo: history.length > 0, tune, undo };
}

function wordsFor(name: string, error: unknown): string {
  if (!(error instanceof ApiProblem)) return describeError(error);
  const field = error.fields.find(({ loc }) => loc.includes(name)) ?? error.fields[0];
  return field?.message ?? error.message;
}

function without<T>(map: ReadonlyMap<string, T>, name: string): ReadonlyMap<string, T> {
  if (!map.has(name)) return map;
  return new Map([...map].filter(([other]) => other !== name));
}
