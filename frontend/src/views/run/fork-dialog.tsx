/** A new run that begins where this one stands or stood: its name, and what shall differ. */

import { Button, Group, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useMemo, useRef, useState } from "react";
import { forkRun } from "../../api/actions";
import { describeError } from "../../api/problem";
import { algorithmsQuery, checkpointSettingsQuery } from "../../api/queries";
import type { Checkpoint, Run } from "../../api/types";
import { formatExactCount } from "../../format/numbers";
import type { RunStore } from "../../live/run-store";
import { Dialog } from "../../ui/dialog";
import { rowsIn } from "../../ui/environment-parameters";
import { timeUnit } from "../../ui/preferences";
import { BudgetFields, useBudgetTexts } from "./budget-fields";
import styles from "./fork-dialog.module.css";
import { ForkSettings } from "./fork-settings";
import { errorsOf, forkRequest, limitsAt, type Settings } from "./forking";
import { budgetFrom } from "./larger-budget";

interface ForkDialogProps {
  readonly run: Run;
  readonly store: RunStore;
  /** Null: from where the run stands. */
  readonly checkpoint: Checkpoint | null;
  readonly onClose: () => void;
}

export function ForkDialog({ run, store, checkpoint, onClose }: ForkDialogProps) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { data: algorithms = [] } = useQuery(algorithmsQuery);
  const { used, progress } = store.view;
  const present = useMemo(
    () => Object.fromEntries(Object.entries(used).map(([key, { setting }]) => [key, setting])),
    [used],
  );
  const then = useQuery({
    ...checkpointSettingsQuery(run.id, checkpoint?.id ?? ""),
    enabled: checkpoint !== null,
  });
  const inherited = checkpoint === null ? present : then.data?.settings;
  const mode = inherited?.algorithm ?? run.algorithm;
  const definitions = rowsIn(
    algorithms.find(({ name }) => name === mode)?.hyperparameters ?? [],
    run.spec.environment,
  );
  const [name, setName] = useState("");
  const [changed, setChanged] = useState<Settings>({});
  const [limits] = useState(() => limitsAt(run, progress, checkpoint, timeUnit()));
  const [texts, setTexts] = useBudgetTexts(limits);
  // Body → key. After a lost answer, the same body finds the run that it already made.
  const keys = useRef(new Map<string, string>());
  const budget = budgetFrom(limits, texts);
  const fork = useMutation({
    mutationFn: () => {
      const request = forkRequest({ checkpoint, name, changed, budget: budget ?? {} });
      const text = JSON.stringify(request);
      const key = keys.current.get(text) ?? crypto.randomUUID();
      keys.current.set(text, key);
      return forkRun(run.id, request, key);
    },
    onSuccess: async (child) => {
      void queries.invalidateQueries({ queryKey: ["runs"] });
      onClose();
      await navigate({ to: "/runs/$runId", params: { runId: child.id } });
    },
  });
  const errors = errorsOf(fork.error);
  const fields = new Set(["name", ...limits.map((limit) => limit.name), ...Object.keys(changed)]);
  const unplaced = [...errors].filter(([field]) => !fields.has(field)).map(([, words]) => words);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (budget !== null && !fork.isPending) fork.mutate();
  };
  return (
    <Dialog
      onClose={onClose}
      title={
        checkpoint === null
          ? "Fork this run from now?"
          : `Fork from env step ${formatExactCount(checkpoint.env_step)}?`
      }
    >
      <form onSubmit={submit} className={styles.form} noValidate>
        <p>
          A new run begins with a copy of weights, optimizer and settings, and goes on along the
          same axis. This run stays as it is.
        </p>
        <TextInput
          label="Name"
          placeholder={`${run.name} fork …`}
          maxLength={120}
          autoComplete="off"
          data-autofocus
          value={name}
          error={errors.get("name")}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <BudgetFields limits={limits} texts={texts} errors={errors} onChange={setTexts} />
        {inherited === undefined ? (
          <Waiting error={then.error} onRetry={() => void then.refetch()} />
        ) : (
          <ForkSettings
            definitions={definitions}
            inherited={inherited}
            present={present}
            envStep={checkpoint?.env_step ?? progress.env_steps}
            changed={changed}
            errors={errors}
            onChange={setChanged}
          />
        )}
        {unplaced.length > 0 && (
          <p role="alert" className={styles.error}>
            {unplaced.join(" ")}
          </p>
        )}
        <Group justify="flex-end" mt="sm" gap="xs">
          <Button onClick={onClose}>No fork</Button>
          <Button
            type="submit"
            variant="filled"
            loading={fork.isPending}
            disabled={budget === null}
          >
            Fork and start
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}

/** Until it is known by which settings the run trained there. */
function Waiting({ error, onRetry }: { error: Error | null; onRetry: () => void }) {
  if (error === null) return <p role="status">Reading the settings of the checkpoint…</p>;
  return (
    <p role="alert" className={styles.error}>
      The settings of the checkpoint could not be read: {describeError(error)}{" "}
      <Button size="compact-xs" onClick={onRetry}>
        Try again
      </Button>
    </p>
  );
}
