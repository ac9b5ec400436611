/** What can be done with the chosen runs: compare, stop, delete. */

import { Button } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Run } from "../../api/types";
import { ActionButton } from "../../ui/action-button";
import { Confirm } from "../../ui/confirm";
import { useLookingOn } from "../../ui/use-looking-on";
import { MOST_RUNS } from "../compare/compare-search";
import { unavailableReason } from "../run/availability";
import styles from "./runs-page.module.css";
import { useBulk } from "./use-bulk";

interface SelectionBarProps {
  readonly chosen: readonly Run[];
  readonly onClear: () => void;
  /** These are gone. */
  readonly onDeleted: (runs: readonly Run[]) => void;
}

export function SelectionBar({ chosen, onClear, onDeleted }: SelectionBarProps) {
  const navigate = useNavigate();
  const [asking, setAsking] = useState<"stop" | "delete" | null>(null);
  const stop = useBulk("stop", () => {});
  const removal = useBulk("delete", onDeleted);
  const stoppable = chosen.filter(({ state }) => unavailableReason("stop", state) === null);
  const deletable = chosen.filter(({ state }) => unavailableReason("delete", state) === null);
  const lookingOn = useLookingOn();
  const active = chosen.length - deletable.length;
  const compare = () =>
    void navigate({ to: "/compare", search: { runs: chosen.map(({ id }) => id).join(",") } });
  return (
    <section className={styles.bar} aria-label="Chosen runs">
      <span className={styles.count} role="status">
        {chosen.length === 0
          ? "Choose runs to compare, stop or delete them."
          : `${countOf(chosen.length)} chosen`}
      </span>
      <div className={styles.actions}>
        <ActionButton
          icon="compare"
          label="Compare"
          unavailable={
            chosen.length === 0
              ? "Choose runs first."
              : chosen.length > MOST_RUNS
                ? `At most ${MOST_RUNS} runs can be told apart.`
                : null
          }
          isPending={false}
          isPrimary
          onClick={compare}
        />
        <ActionButton
          icon="stop"
          label="Stop"
          unavailable={
            lookingOn ??
            (chosen.length === 0
              ? "Choose runs first."
              : stoppable.length === 0
                ? "None of the chosen runs goes on."
                : null)
          }
          isPending={stop.isPending}
          onClick={() => setAsking("stop")}
        />
        <ActionButton
          icon="trash"
          label="Delete"
          unavailable={
            lookingOn ??
            (chosen.length === 0
              ? "Choose runs first."
              : deletable.length === 0
                ? "All of the chosen runs go on: stop them first."
                : null)
          }
          isPending={removal.isPending}
          isDangerous
          onClick={() => setAsking("delete")}
        />
        {chosen.length > 0 && (
          <Button variant="subtle" onClick={onClear}>
            Choose none
          </Button>
        )}
      </div>
      <Confirm
        title={`Stop ${countOf(stoppable.length)}?`}
        action={stoppable.length === 1 ? "Stop it" : "Stop them"}
        refusal="Let them go on"
        isOpen={asking === "stop"}
        onClose={() => setAsking(null)}
        onConfirm={() => stop.mutate(stoppable)}
      >
        <p>
          Each finishes its rollout, saves a checkpoint and plays its test episodes. Everything is
          kept: curves, ledger, checkpoints and log. “Go on” takes a stopped run up again.
          {chosen.length > stoppable.length &&
            ` ${countOf(chosen.length - stoppable.length)} of those chosen ended before, and will be left as is.`}
        </p>
      </Confirm>
      <Confirm
        title={`Delete ${countOf(deletable.length)}?`}
        action={deletable.length === 1 ? "Delete it" : "Delete them"}
        refusal="Keep them"
        isOpen={asking === "delete"}
        onClose={() => setAsking(null)}
        onConfirm={() => removal.mutate(deletable)}
      >
        <p>
          Their folders go, with curves, ledger, checkpoints and log. Nothing of them is kept, and
          it can’t be taken back. Other runs stay as they are, forks of these among them.
        </p>
        {active > 0 && (
          <p>
            {active === 1
              ? "One of those chosen still goes on and is kept: stop it first."
              : `${active} of those chosen still go on and are kept: stop them first.`}
          </p>
        )}
        <ul className={styles.names}>
          {deletable.slice(0, MOST_NAMES).map(({ id, name }) => (
            <li key={id}>{name}</li>
          ))}
          {deletable.length > MOST_NAMES && <li>and {deletable.length - MOST_NAMES} more</li>}
        </ul>
      </Confirm>
    </section>
  );
}

/** In a question; a longer list is not read. */
const MOST_NAMES = 8;

function countOf(runs: number): string {
  return runs === 1 ? "1 run" : `${runs} runs`;
}
