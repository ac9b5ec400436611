/** Creates the runs of a race and starts them all at once; if one can't be made, none starts. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { createRun, deleteRun, requestStart } from "../../api/actions";
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
      const starts = await Promise.allSettled(runs.map(({ id }) => requestStart(id)));
      void queries.invalidateQueries({ queryKey: ["runs"] });
      const refused = starts.find((start) => start.status === "rejected");
      if (refused !== undefined) throw refused.reason;
      return runs;
    },
    onSuccess: async (runs) => {
      await onStarted(runs);
    },
  });
}
