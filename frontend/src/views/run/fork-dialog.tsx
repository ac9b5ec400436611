/** A new run that begins where this one stands or stood: its name, and what shall differ. */

import { ActionIcon, Button, Group, Modal, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useRef, useState } from "react";
import { forkRun } from "../../api/actions";
import { algorithmsQuery } from "../../api/queries";
import type { Checkpoint, Run, Setting } from "../../api/types";
import { formatExactCount } from "../../format/numbers";
import type { RunStore } from "../../live/run-store";
import { settingValue } from "../../live/schedules";
import { rowsIn } from "../../ui/environment-parameters";
import { groupHyperparameters } from "../../ui/hyperparameter-groups";
import { Icon } from "../../ui/icons";
import { SettingControl } from "../../ui/setting-control";
import { BudgetFields, useBudgetTexts } from "./budget-fields";
import styles from "./fork-dialog.module.css";
import { errorsOf, forkRequest, limitsAt } from "./forking";
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
  const mode = used.algorithm?.setting ?? run.algorithm;
  const definitions = rowsIn(
    algorithms.find(({ name }) => name === mode)?.hyperparameters ?? [],
    run.spec.environment,
  );
  const [name, setName] = useState("");
  const [changed, setChanged] = useState<Readonly<Record<string, Setting>>>({});
  const [limits] = useState(() => limitsAt(run, progress, checkpoint));
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
  const others = definitions.filter((definition) => !(definition.name in changed));
  return (
    <Modal
      opened
      onClose={onClose}
      title={
        checkpoint === null
          ? "Fork this run from now?"
          : `Fork from env step ${formatExactCount(checkpoint.env_step)}?`
      }
      closeButtonProps={{ "aria-label": "Close" }}
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
        {definitions
          .filter((definition) => definition.name in changed)
          .map((definition) => {
            const setting = changed[definition.name] ?? definition.default;
            const usedNow = used[definition.name]?.setting ?? definition.default;
            return (
              <div key={definition.name} className={styles.change}>
                <SettingControl
                  definition={definition}
                  setting={setting}
                  value={settingValue(setting, 0, 0)}
                  envStepNow={() => checkpoint?.env_step ?? progress.env_steps}
                  defaultSetting={usedNow}
                  error={errors.get(definition.name) ?? null}
                  onCommit={(next) =>
                    setChanged((before) => ({ ...before, [definition.name]: next }))
                  }
                />
                <ActionIcon
                  aria-label={`Leave ${definition.label} as it is`}
                  onClick={() =>
                    setChanged((before) => {
                      const { [definition.name]: _gone, ...rest } = before;
                      return rest;
                    })
                  }
                >
                  <Icon name="close" size={14} />
                </ActionIcon>
              </div>
            );
          })}
        <NativeSelect
          label="Change a setting"
          description="All others are those of the checkpoint."
          value=""
          data={[
            { value: "", label: "Choose one …" },
            ...groupHyperparameters(others).map(({ title, definitions: rows }) => ({
              group: title,
              items: rows.map(({ name: value, label }) => ({ value, label })),
            })),
          ]}
          onChange={(event) => {
            const definition = definitions.find((each) => each.name === event.currentTarget.value);
            if (definition === undefined) return;
            const usedNow = used[definition.name]?.setting ?? definition.default;
            setChanged((before) => ({ ...before, [definition.name]: usedNow }));
          }}
        />
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
    </Modal>
  );
}
