/** A checkpoint as a file: all of it, or its policy for other programs. */

import { ActionIcon, Loader, Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type CheckpointFormat, fetchCheckpoint } from "../../api/files";
import { describeError } from "../../api/problem";
import { systemQuery } from "../../api/queries";
import { Icon } from "../../ui/icons";
import { saveFile } from "../../ui/save-file";
import styles from "./download-menu.module.css";

interface DownloadMenuProps {
  readonly runId: string;
  readonly checkpointId: string;
  /** For a name that tells this button from the others. */
  readonly exactStep: string;
}

export function DownloadMenu({ runId, checkpointId, exactStep }: DownloadMenuProps) {
  const { data: system } = useQuery(systemQuery);
  const withoutOnnx = system?.onnx_unavailable ?? null;
  const download = useMutation({
    mutationFn: (format: CheckpointFormat) => fetchCheckpoint(runId, checkpointId, format),
    onSuccess: ({ blob, name }) => saveFile(blob, name),
    onError: (error) =>
      notifications.show({
        color: "var(--bad)",
        title: "The checkpoint was not downloaded",
        message: describeError(error),
        autoClose: 10_000,
      }),
  });
  return (
    <Menu position="bottom-end" width={290}>
      <Menu.Target>
        <ActionIcon
          className={styles.target}
          aria-label={`Download the checkpoint at step ${exactStep}`}
          aria-busy={download.isPending}
        >
          {download.isPending ? (
            <Loader size={12} color="currentColor" />
          ) : (
            <Icon name="download" size={15} />
          )}
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item disabled={download.isPending} onClick={() => download.mutate("zip")}>
          Everything, as a zip file
          <span className={styles.note}>
            Weights, optimizer, settings, and a program that plays the policy
          </span>
        </Menu.Item>
        <Menu.Item
          disabled={withoutOnnx !== null || download.isPending}
          onClick={() => download.mutate("onnx")}
        >
          The policy, as an ONNX model
          <span className={styles.note}>
            {withoutOnnx ?? "The network alone, for programs that run such models"}
          </span>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
