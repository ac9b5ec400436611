/** The run's name; a click on the pencil edits it. */

import { ActionIcon, TextInput, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { renameRun } from "../../api/actions";
import { ApiProblem, describeError } from "../../api/problem";
import { runQuery } from "../../api/queries";
import type { Run } from "../../api/types";
import { Icon } from "../../ui/icons";
import { useLookingOn } from "../../ui/use-looking-on";
import styles from "./run-header.module.css";

export function RunName({ run }: { run: Run }) {
  const [draft, setDraft] = useState<string | null>(null);
  const queries = useQueryClient();
  const { queryKey } = runQuery(run.id);
  const lookingOn = useLookingOn();
  const rename = useMutation({
    mutationFn: (name: string) => renameRun(run.id, run.revision, name),
    onSuccess: (renamed) => {
      queries.setQueryData(queryKey, renamed);
      void queries.invalidateQueries({ queryKey: ["runs"] });
    },
    onError: (error) => {
      const isStale = error instanceof ApiProblem && error.status === 412;
      notifications.show({
        color: "var(--bad)",
        title: "The name was not changed",
        message: isStale
          ? "Somebody else has edited this run in the meantime. Look at it, then try again."
          : describeError(error),
      });
      void queries.invalidateQueries({ queryKey });
    },
  });
  const commit = () => {
    const name = draft?.trim() ?? "";
    setDraft(null);
    if (name !== "" && name !== run.name) rename.mutate(name);
  };
  if (draft !== null) {
    return (
      <TextInput
        size="sm"
        className={styles.rename}
        aria-label="Name of the run"
        maxLength={120}
        value={draft}
        autoFocus
        onFocus={(event) => event.currentTarget.select()}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === "Enter") commit();
          if (event.key === "Escape") setDraft(null);
        }}
      />
    );
  }
  return (
    <span className={styles.name}>
      <h1>{rename.isPending ? rename.variables : run.name}</h1>
      {lookingOn === null && (
        <Tooltip label="Rename">
          <ActionIcon size={24} aria-label="Rename" onClick={() => setDraft(run.name)}>
            <Icon name="pencil" size={13} />
          </ActionIcon>
        </Tooltip>
      )}
    </span>
  );
}
