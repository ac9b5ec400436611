/** One checkpoint: when, why, how good, and what can be done with it. */

import { ActionIcon, Button, Loader, Tooltip } from "@mantine/core";
import type { Checkpoint } from "../../api/types";
import { formatBytes } from "../../format/bytes";
import { formatCause } from "../../format/causes";
import { formatAgo, formatMoment } from "../../format/durations";
import { formatCount, formatExactCount, formatMeasured } from "../../format/numbers";
import { Icon } from "../../ui/icons";
import styles from "./checkpoints.module.css";
import { DownloadMenu } from "./download-menu";

interface CheckpointRowProps {
  readonly runId: string;
  readonly checkpoint: Checkpoint;
  /** Milliseconds. */
  readonly now: number;
  /** Why the run can't go back to it; null if it can. */
  /** Why it can only be looked at; null if it can be worked with. */
  readonly lookingOn: string | null;
  readonly unrewindable: string | null;
  readonly isRewinding: boolean;
  readonly isPinning: boolean;
  readonly onRewind: () => void;
  readonly onFork: () => void;
  readonly onPin: (pinned: boolean) => void;
}

export function CheckpointRow(props: CheckpointRowProps) {
  const { checkpoint, now, lookingOn, unrewindable, isRewinding, isPinning } = props;
  const { onRewind, onFork, onPin } = props;
  const { created_at: at, env_step: step, pinned, abandoned } = checkpoint;
  const exactStep = formatExactCount(step);
  const isOff = unrewindable !== null || isRewinding;
  const pinText = pinned
    ? "Pinned: it stays. Unpin: it may be deleted when newer ones come"
    : "Pin: it stays, whatever comes";
  return (
    <tr data-abandoned={abandoned || undefined}>
      <th scope="row">
        <span title={`env step ${exactStep}`}>{formatCount(step)}</span>
        <time dateTime={at} title={formatMoment(at)}>
          {formatAgo(Math.max(0, (now - Date.parse(at)) / 1000))}
        </time>
      </th>
      <td className={styles.why}>
        {formatCause(checkpoint.cause)}
        {abandoned && (
          <span
            className={styles.note}
            title="The run has gone back to before it. It can still be used."
          >
            abandoned
          </span>
        )}
      </td>
      <td className={styles.number}>
        {formatMeasured(checkpoint.mean_return_100)}
        {checkpoint.is_best && (
          <span className={styles.best} title="The best mean return of all that count">
            best
          </span>
        )}
      </td>
      <td className={styles.size}>{formatBytes(checkpoint.size_bytes)}</td>
      <td>
        <div className={styles.actions}>
          <Tooltip label={lookingOn ?? pinText}>
            <ActionIcon
              className={styles.pin}
              aria-label={`Pin the checkpoint at step ${exactStep}`}
              aria-pressed={pinned}
              aria-busy={isPinning}
              aria-disabled={lookingOn !== null}
              data-off={lookingOn !== null || undefined}
              onClick={() => {
                if (!isPinning && lookingOn === null) onPin(!pinned);
              }}
            >
              {isPinning ? (
                <Loader size={12} color="currentColor" />
              ) : (
                <Icon name={pinned ? "pinned" : "pin"} size={15} />
              )}
            </ActionIcon>
          </Tooltip>
          <DownloadMenu runId={props.runId} checkpointId={checkpoint.id} exactStep={exactStep} />
          <Tooltip label={unrewindable} disabled={unrewindable === null}>
            <Button
              size="compact-sm"
              aria-label={`Rewind to step ${exactStep}`}
              aria-disabled={isOff}
              aria-busy={isRewinding}
              data-off={isOff || undefined}
              leftSection={
                isRewinding ? (
                  <Loader size={12} color="currentColor" />
                ) : (
                  <Icon name="undo" size={13} />
                )
              }
              onClick={() => {
                if (!isOff) onRewind();
              }}
            >
              <span className={styles.verb}>Rewind</span>
            </Button>
          </Tooltip>
          <Tooltip label={lookingOn} disabled={lookingOn === null}>
            <Button
              size="compact-sm"
              aria-label={`Fork from step ${exactStep}`}
              aria-disabled={lookingOn !== null}
              data-off={lookingOn !== null || undefined}
              leftSection={<Icon name="fork" size={13} />}
              onClick={() => {
                if (lookingOn === null) onFork();
              }}
            >
              <span className={styles.verb}>Fork</span>
            </Button>
          </Tooltip>
        </div>
      </td>
    </tr>
  );
}
