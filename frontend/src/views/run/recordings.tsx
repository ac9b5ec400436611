/** Films of episodes: made on request, to be taken away or deleted. */

import { ActionIcon, Loader, Tooltip } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { memo } from "react";
import { deleteRecording, recordEpisode } from "../../api/actions";
import { fetchRecording } from "../../api/files";
import { describeError } from "../../api/problem";
import { recordingsQuery } from "../../api/queries";
import type { Recording } from "../../api/types";
import { formatBytes } from "../../format/bytes";
import { formatMoment } from "../../format/durations";
import { formatCount, formatExactCount, formatMeasured } from "../../format/numbers";
import { ActionButton } from "../../ui/action-button";
import { Icon } from "../../ui/icons";
import { saveFile } from "../../ui/save-file";
import { useLookingOn } from "../../ui/use-looking-on";
import styles from "./agent.module.css";

interface RecordingsProps {
  readonly runId: string;
  /** Whose policy is filmed; null: the newest checkpoint's. */
  readonly checkpointId: string | null;
  readonly deterministic: boolean;
}

/** Beside a picture that changes thirty times a second, and does not change with it. */
export const Recordings = memo(function Recordings(props: RecordingsProps) {
  const { runId, checkpointId, deterministic } = props;
  const queries = useQueryClient();
  const { queryKey } = recordingsQuery(runId);
  const list = useQuery(recordingsQuery(runId));
  const lookingOn = useLookingOn();
  const renew = () => queries.invalidateQueries({ queryKey });
  const record = useMutation({
    mutationFn: () => recordEpisode(runId, { checkpointId, deterministic }),
    onSuccess: renew,
  });
  const remove = useMutation({
    mutationFn: (id: string) => deleteRecording(runId, id),
    onSettled: renew,
  });
  const download = useMutation({
    mutationFn: ({ id, format }: Recording) => fetchRecording(runId, id, format),
    onSuccess: ({ blob, name }) => saveFile(blob, name),
  });
  const error = record.error ?? remove.error ?? download.error ?? list.error;
  return (
    <section className={styles.recordings} aria-label="Recordings">
      <header>
        <p>A recording is one whole episode, played by these weights for the film alone.</p>
        <ActionButton
          icon="record"
          label={record.isPending ? "Recording…" : "Record an episode"}
          unavailable={lookingOn}
          isPending={record.isPending}
          onClick={() => record.mutate()}
        />
      </header>
      {error !== null && (
        <p className={styles.bad} role="alert">
          {describeError(error)}
        </p>
      )}
      <ul>
        {list.data?.map((recording) => (
          <li key={recording.id}>
            <p>
              step {formatCount(recording.env_step)}, return {formatMeasured(recording.return)} in{" "}
              {formatExactCount(recording.length)} steps{recording.cut && ", cut"}{" "}
              <time dateTime={recording.created_at}>{formatMoment(recording.created_at)}</time>
            </p>
            <span>{formatBytes(recording.size_bytes)}</span>
            <Tooltip label={`Download the ${recording.format.toUpperCase()}`}>
              <ActionIcon
                aria-label={`Download the recording at step ${formatExactCount(recording.env_step)}`}
                onClick={() => download.mutate(recording)}
              >
                {download.isPending && download.variables.id === recording.id ? (
                  <Loader size={12} color="currentColor" />
                ) : (
                  <Icon name="download" size={15} />
                )}
              </ActionIcon>
            </Tooltip>
            {lookingOn === null && (
              <Tooltip label="Delete it">
                <ActionIcon
                  aria-label={`Delete the recording at step ${formatExactCount(recording.env_step)}`}
                  onClick={() => remove.mutate(recording.id)}
                >
                  <Icon name="trash" size={15} />
                </ActionIcon>
              </Tooltip>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
});
