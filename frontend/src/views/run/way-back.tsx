/** From a collapse of the return back to before the risky change that may have caused it. */

import { Button } from "@mantine/core";
import { formatCount } from "../../format/numbers";
import { useRunPart } from "../../live/hooks";
import { COLLAPSE } from "../../live/risky-change";
import type { RunStore } from "../../live/run-store";
import { Icon } from "../../ui/icons";
import { targetOf } from "./rewind-offer";
import type { RewindTarget } from "./rewinding";

interface WayBackProps {
  readonly store: RunStore;
  /** The name of the alert beside which it stands. */
  readonly alert: string;
  /** Null: the run can't go back anywhere. */
  readonly onRewind: ((target: RewindTarget) => void) | null;
}

/** Nothing, where no risky change came before. */
export function WayBack({ store, alert, onRewind }: WayBackProps) {
  const risky = useRunPart(store, (view) => view.riskyChange);
  if (alert !== COLLAPSE || risky?.collapsedSeq == null || onRewind === null) return null;
  const target = targetOf(risky);
  return (
    <Button
      size="compact-xs"
      leftSection={<Icon name="undo" size={12} />}
      onClick={() => onRewind(target)}
    >
      Rewind to before the last risky change, step {formatCount(target.env_step)}
    </Button>
  );
}
