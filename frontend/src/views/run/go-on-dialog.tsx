/** Asks for a larger budget before a run that has used up its own goes on. */

import { Button, Group, Modal, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { sendStart } from "../../api/actions";
import type { BudgetSpec } from "../../api/types";
import { formatSetting, parseNumber } from "../../format/numbers";
import styles from "./go-on-dialog.module.css";
import type { LimitName, SpentLimit } from "./going-on";
import { wordsFor } from "./use-tuning";

interface GoOnDialogProps {
  readonly runId: string;
  readonly limits: readonly SpentLimit[];
  /** Null: from the newest. */
  readonly checkpointId: string | null;
  readonly onClose: () => void;
}

export function GoOnDialog({ runId, limits, checkpointId, onClose }: GoOnDialogProps) {
  const [typed, setTyped] = useState<Readonly<Partial<Record<LimitName, string>>>>(() =>
    Object.fromEntries(
      limits.map(({ name, proposal }) => [name, proposal === null ? "" : wholeText(proposal)]),
    ),
  );
  const budget = budgetFrom(limits, typed);
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
  const errors =
    start.error === null
      ? null
      : wordsFor(
          limits.map(({ name }) => name),
          start.error,
        );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (budget !== null && !start.isPending) start.mutate();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title="Go on with a larger budget?"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form onSubmit={submit} className={styles.form} noValidate>
        <p>
          {`The run has used up its budget. With a larger one it goes on from ${
            checkpointId === null ? "its newest checkpoint" : "the checkpoint that you chose"
          }, and so do curves and counters.`}
        </p>
        {limits.map(({ name, label, fact }, index) => (
          <TextInput
            key={name}
            label={label}
            description={`${fact} Empty: no limit.`}
            inputMode="decimal"
            autoComplete="off"
            data-autofocus={index === 0 || undefined}
            value={typed[name] ?? ""}
            error={isNumberOrEmpty(typed[name] ?? "") ? errors?.get(name) : "This is not a number."}
            onChange={(event) => {
              const text = event.currentTarget.value;
              setTyped((before) => ({ ...before, [name]: text }));
              start.reset();
            }}
          />
        ))}
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
    </Modal>
  );
}

/** Null if something typed is no number. */
function budgetFrom(
  limits: readonly SpentLimit[],
  typed: Readonly<Partial<Record<LimitName, string>>>,
): Partial<BudgetSpec> | null {
  const texts = limits.map(({ name }) => [name, (typed[name] ?? "").trim()] as const);
  if (!texts.every(([, text]) => isNumberOrEmpty(text))) return null;
  return Object.fromEntries(texts.map(([name, text]) => [name, parseNumber(text)]));
}

function isNumberOrEmpty(text: string): boolean {
  return text.trim() === "" || parseNumber(text) !== null;
}

/** Whole numbers in full: nobody counts the zeros of 2e6 while raising a limit. */
function wholeText(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString("en-US") : formatSetting(value);
}
