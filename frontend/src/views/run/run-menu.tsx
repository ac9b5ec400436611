/** What is rarely needed: the record as files, abort, delete. */

import { ActionIcon, Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { deleteRun, sendAction } from "../../api/actions";
import { describeError } from "../../api/problem";
import { exportUrl } from "../../api/queries";
import type { Run } from "../../api/types";
import { useRunPart } from "../../live/hooks";
import type { RunStore } from "../../live/run-store";
import { Confirm } from "../../ui/confirm";
import { Icon } from "../../ui/icons";
import styles from "./run-header.module.css";
import { useAvailability } from "./use-availability";
import { useCommands } from "./use-commands";

export function RunMenu({ run, store }: { run: Run; store: RunStore }) {
  const state = useRunPart(store, (view) => view.state);
  const { pending, send } = useCommands(store);
  const [asked, setAsked] = useState<"abort" | "delete" | null>(null);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const unavailable = useAvailability();
  const undeletable = unavailable("delete", state);
  const unabortable = unavailable("abort", state);
  const removal = useMutation({
    mutationFn: () => deleteRun(run.id),
    onSuccess: async () => {
      // The list first: the start page goes to the newest run, which must not be this one.
      await queries.invalidateQueries({ queryKey: ["runs"] });
      await navigate({ to: "/", replace: true });
      queries.removeQueries({ queryKey: ["run", run.id] });
    },
    onError: (error) =>
      notifications.show({
        color: "var(--bad)",
        title: "The run was not deleted",
        message: describeError(error),
      }),
  });
  return (
    <>
      <Menu position="bottom-end" width={250}>
        <Menu.Target>
          <ActionIcon size={30} variant="default" aria-label="More">
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            component="a"
            href={exportUrl(run.id, "episodes")}
            download
            leftSection={<Icon name="download" size={14} />}
          >
            All episodes, exact (CSV)
          </Menu.Item>
          <Menu.Item
            component="a"
            href={exportUrl(run.id, "metrics")}
            download
            leftSection={<Icon name="download" size={14} />}
          >
            All metrics, exact (CSV)
          </Menu.Item>
          <Menu.Item
            className={styles.grave}
            leftSection={<Icon name="abort" size={14} />}
            disabled={unabortable !== null || pending.has("abort")}
            onClick={() => setAsked("abort")}
          >
            Abort
            {unabortable !== null && <span className={styles.why}>{unabortable}</span>}
          </Menu.Item>
          <Menu.Item
            className={styles.delete}
            leftSection={<Icon name="trash" size={14} />}
            disabled={undeletable !== null}
            onClick={() => setAsked("delete")}
          >
            Delete
            {undeletable !== null && <span className={styles.why}>{undeletable}</span>}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Confirm
        title="Abort this run?"
        action="Abort now"
        isOpen={asked === "abort"}
        onClose={() => setAsked(null)}
        onConfirm={() => send("abort", () => sendAction(run.id, "abort"))}
      >
        <p>
          It ends at once, without a last checkpoint and without a test. Everything recorded so far
          is kept: curves, changes, earlier checkpoints.
        </p>
        <p>Stop, instead, finishes the rollout, saves a checkpoint and plays the test episodes.</p>
      </Confirm>
      <Confirm
        title={`Delete “${run.name}”?`}
        action="Delete it"
        isOpen={asked === "delete"}
        onClose={() => setAsked(null)}
        onConfirm={() => removal.mutate()}
      >
        <p>
          Its folder goes, with curves, ledger, checkpoints and log. Nothing of it is kept, and it
          can't be taken back. Other runs stay as they are.
        </p>
      </Confirm>
    </>
  );
}
