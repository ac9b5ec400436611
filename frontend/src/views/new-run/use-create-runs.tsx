/** Creates one run after the other; a repeated try never makes a run twice. */

import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useRef } from "react";
import { createRun } from "../../api/actions";
import type { Run, RunRequest } from "../../api/types";
import { Icon } from "../../ui/icons";

/** Long enough to look at the first of them, and come to think of it. */
const OFFER_MS = 30_000;

/** @param onCreated with the first; left out: the page goes to it */
export function useCreateRuns(onCreated?: (run: Run) => void) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  // Body → key. After a lost answer, the same body finds the run that it already made.
  const keys = useRef(new Map<string, string>());
  return useMutation({
    mutationFn: async (documents: readonly Record<string, unknown>[]): Promise<readonly Run[]> => {
      const runs: Run[] = [];
      for (const document of documents) {
        const text = JSON.stringify(document);
        const key = keys.current.get(text) ?? crypto.randomUUID();
        keys.current.set(text, key);
        // The server checks every field; what the person typed goes to it as it is.
        const run = await createRun(document as RunRequest, key);
        runs.push(run);
      }
      return runs;
    },
    onSuccess: async (runs) => {
      keys.current.clear();
      void queries.invalidateQueries({ queryKey: ["runs"] });
      const [first] = runs;
      if (first === undefined) throw new Error("there is nothing to create");
      if (runs.length > 1) {
        const ids = runs.map(({ id }) => id).join(",");
        offerComparison(runs.length, () => {
          void navigate({ to: "/compare", search: { runs: ids } });
        });
      }
      if (onCreated === undefined) {
        await navigate({ to: "/runs/$runId", params: { runId: first.id } });
      } else {
        onCreated(first);
      }
    },
  });
}

/** Several seeds are of use side by side. */
function offerComparison(runs: number, onCompare: () => void): void {
  const id = "runs-created";
  notifications.show({
    id,
    autoClose: OFFER_MS,
    title: `${runs} runs created`,
    message: (
      <Button
        mt={6}
        leftSection={<Icon name="compare" size={14} />}
        onClick={() => {
          notifications.hide(id);
          onCompare();
        }}
      >
        Compare them
      </Button>
    ),
  });
}
