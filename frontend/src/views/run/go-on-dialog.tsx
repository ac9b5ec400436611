/** Asks for a larger budget before a run that has used up its own goes on. */

import { Button, Group } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { sendStart } from "../../api/actions";
import { Dialog } from "../../ui/dialog";
import { BudgetFields, useBudgetTexts } from "./budget-fields";
import styles from "./go-on-dialog.module.css";
import type { SpentLimit } from "./going-on";
import { budgetFrom } from "./larger-budget";
import { wordsFor } from "./use-tuning";

interface GoOnDialogProps {
  readonly runId: string;
  readonly limits: readonly SpentLimit[];
  /** Null: from the newest. */
  readonly checkpointId: string | null;
  readonly onClose: () => void;
}

export function GoOnDialog({ runId, limits, checkpointId, onClose }: GoOnDialogProps) {
  const [texts, setTexts] = useBudgetTexts(limits);
  const budget = budgetFrom(limits, texts);
  const start = useMutation({
    mutationFn: async () => {
      const command = await sendStart(runId, {
        ...(checkpointId === null ? {} : { checkpoint_id: checkpointId }),
        budget: budget ?? {},
      });
      if (command.state === "rejected") throw new Error(command.error ?? "no reason given");
    },
    onSuccess: onClose,
  });
  const names = limits.map(({ name }) => name);
  const errors = start.error === null ? new Map() : wordsFor(names, start.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (budget !== null && !start.isPending) start.mutate();
  };
  return (
    <Dialog onClose={onClose} title="Go on with a larger budget?">
      <form onSubmit={submit} className={styles.form} noValidate>
        <p>
          {`The run has used up its budget. With a larger one it goes on from ${
            checkpointId === null ? "its newest checkpoint" : "the checkpoint that you chose"
          }, and so do curves and counters.`}
        </p>
        <BudgetFields
          limits={limits}
          texts={texts}
          errors={errors}
          onChange={(next) => {
            setTexts(next);
            start.reset();
          }}
        />
        <Group justify="flex-end" mt="sm" gap="xs">
          <Button onClick={onClose}>Leave it as it is</Button>
          <Button
            type="submit"
            variant="filled"
            loading={start.isPending}
            disabled={budget === null}
          >
            Go on
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}
