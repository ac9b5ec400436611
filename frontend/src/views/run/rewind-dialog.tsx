/** Asks before a run goes back to a checkpoint: what happens, and what is kept. */

import type { RunState } from "../../api/types";
import { formatExactCount } from "../../format/numbers";
import { Confirm } from "../../ui/confirm";
import styles from "./restart-dialog.module.css";
import { type RewindTarget, rewindText } from "./rewinding";

interface RewindDialogProps {
  readonly target: RewindTarget;
  readonly state: RunState;
  /** Where the run stands. */
  readonly envSteps: number;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

export function RewindDialog(props: RewindDialogProps) {
  const { target, state, envSteps, onConfirm, onClose } = props;
  const { happens, kept } = rewindText(target, state, envSteps);
  return (
    <Confirm
      title={`Rewind to env step ${formatExactCount(target.env_step)}?`}
      action="Rewind to this"
      refusal="Stay where it is"
      isDangerous={false}
      isOpen
      onClose={onClose}
      onConfirm={onConfirm}
    >
      <div className={styles.text}>
        <h3>What happens</h3>
        <ul>
          {happens.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
        <h3>What is kept</h3>
        <p>{kept}</p>
      </div>
    </Confirm>
  );
}
