/** Creates one run after the other; a repeated try never makes a run twice. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useRef } from "react";
import { createRun } from "../../api/actions";
import type { Run, RunRequest } from "../../api/types";

export function useCreateRuns() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  // Body → key. After a lost answer, the same body finds the run that it already made.
  const keys = useRef(new Map<string, string>());
  return useMutation({
    mutationFn: async (documents: readonly Record<string, unknown>[]): Promise<Run> => {
      let first: Run | null = null;
      for (const document of documents) {
        const text = JSON.stringify(document);
        const key = keys.current.get(text) ?? crypto.randomUUID();
        keys.current.set(text, key);
        // The server checks every field; what the person typed goes to it as it is.
        const run = await createRun(document as RunRequest, key);
        first ??= run;
      }
      if (first === null) throw new Error("there is nothing to create");
      return first;
    },
    onSuccess: async (run) => {
      keys.current.clear();
      void queries.invalidateQueries({ queryKey: ["runs"] });
      await navigate({ to: "/runs/$runId", params: { runId: run.id } });
    },
  });
}
