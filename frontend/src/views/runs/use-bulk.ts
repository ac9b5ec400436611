/** One action on many runs: each is asked for; those that refuse are named. */

import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { deleteRun, sendAction } from "../../api/actions";
import { describeError } from "../../api/problem";
import type { Run } from "../../api/types";

/** A server has other things to do. */
const AT_ONCE = 4;

interface Outcome {
  readonly run: Run;
  readonly error: string | null;
}

export function useBulk(kind: "stop" | "delete", onDone: (done: readonly Run[]) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (runs: readonly Run[]) =>
      allInTurn(runs, async (run) => {
        if (kind === "delete") return deleteRun(run.id);
        const command = await sendAction(run.id, "stop");
        if (command.state === "rejected") throw new Error(command.error ?? "no reason given");
      }),
    onSettled: (outcomes) => {
      void queries.invalidateQueries({ queryKey: ["runs"] });
      const failed = (outcomes ?? []).filter(({ error }) => error !== null);
      onDone((outcomes ?? []).filter(({ error }) => error === null).map(({ run }) => run));
      if (failed.length === 0) return;
      const word = kind === "stop" ? "stopped" : "deleted";
      notifications.show({
        color: "var(--bad)",
        title: `${failed.length === 1 ? "One run was" : `${failed.length} runs were`} not ${word}`,
        message: failed.map(({ run, error }) => `${run.name}: ${error}`).join(" "),
      });
    },
  });
}

async function allInTurn(
  runs: readonly Run[],
  work: (run: Run) => Promise<void>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const queue = [...runs];
  const worker = async () => {
    for (let run = queue.shift(); run !== undefined; run = queue.shift()) {
      try {
        await work(run);
        outcomes.push({ run, error: null });
      } catch (error) {
        outcomes.push({ run, error: describeError(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return outcomes;
}
