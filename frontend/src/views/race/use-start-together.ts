/**
 * Creates the runs of a race, then starts them all; if one can't be made, none starts. Those that
 * can't be started are named: the others race.
 */

import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { createRun, deleteRun, requestStart } from "../../api/actions";
import { describeError } from "../../api/problem";
import type { Run, RunRequest } from "../../api/types";

export function useStartTogether(onStarted: (runs: readonly Run[]) => Promise<void> | void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (documents: readonly Record<string, unknown>[]): Promise<readonly Run[]> => {
      const runs: Run[] = [];
      try {
        for (const document of documents) {
          // The server checks every field.
          runs.push(await createRun(document as RunRequest, crypto.randomUUID()));
        }
      } catch (error) {
        await Promise.allSettled(runs.map(({ id }) => deleteRun(id)));
        throw error;
      }
      // One after the other, milliseconds apart: those that have to queue wait in this order.
      const refusals: string[] = [];
      for (const { id, name } of runs) {
        await requestStart(id).catch((error) => refusals.push(`${name}: ${describeError(error)}`));
      }
      void queries.invalidateQueries({ queryKey: ["runs"] });
      if (refusals.length > 0) {
        notifications.show({
          color: "var(--bad)",
          title: `${refusals.length === 1 ? "One run was" : `${refusals.length} runs were`} not started`,
          message: refusals.join(" "),
        });
      }
      return runs;
    },
    onSuccess: async (runs) => {
      await onStarted(runs);
    },
  });
}
