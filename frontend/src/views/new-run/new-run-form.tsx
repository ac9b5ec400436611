/** The form of a new run; what is chosen above decides what is asked below. */

import { Button } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import { ApiProblem } from "../../api/problem";
import type {
  AlertRule,
  AlgorithmDescription,
  EnvironmentDescription,
  Preset,
} from "../../api/types";
import { serverAddress } from "../../format/addresses";
import { Icon } from "../../ui/icons";
import { Snippets } from "../../ui/snippets";
import { useLookingOn } from "../../ui/use-looking-on";
import { AlertFields } from "./alert-fields";
import { AlgorithmChoice } from "./algorithm-choice";
import { EnvironmentSelect } from "./environment-select";
import { type FieldForm, TextField } from "./fields";
import { FormSection } from "./form-section";
import { HyperparameterFields } from "./hyperparameter-fields";
import { NetworkFields, WorkerFields } from "./network-fields";
import styles from "./new-run-page.module.css";
import { presetFor } from "./preset-groups";
import { PresetShelf } from "./preset-shelf";
import {
  type DraftContext,
  type DraftFields,
  draftDocuments,
  fieldErrors,
  openRunDraft,
  type RunDraft,
} from "./run-draft";
import { runSnippets } from "./run-snippets";
import { useCreateRuns } from "./use-create-runs";

interface NewRunFormProps {
  readonly presets: readonly Preset[];
  readonly firstPreset: Preset;
  readonly environments: readonly EnvironmentDescription[];
  readonly algorithms: readonly AlgorithmDescription[];
  readonly firstAlgorithm: AlgorithmDescription;
  readonly alertRules: readonly AlertRule[];
}

export function NewRunForm(props: NewRunFormProps) {
  const { presets, firstPreset, environments, algorithms, firstAlgorithm, alertRules } = props;
  const [draft, setDraft] = useState<RunDraft>(() => openRunDraft(firstPreset));
  const create = useCreateRuns();
  const preset = presets.find(({ name }) => name === draft.preset) ?? firstPreset;
  const algorithm = algorithms.find(({ name }) => name === draft.fields.algorithm);
  const environment = environments.find(({ id }) => id === draft.fields.environment);
  const context = useMemo<DraftContext & { algorithm: AlgorithmDescription }>(
    () => ({ preset, algorithm: algorithm ?? firstAlgorithm, environment, alertRules }),
    [preset, algorithm, firstAlgorithm, environment, alertRules],
  );
  const documents = useMemo(() => draftDocuments(draft, context), [draft, context]);
  const problems = create.error instanceof ApiProblem ? create.error.fields : [];
  const { byField, rest } = fieldErrors(problems);
  const complaint =
    create.error === null || (problems.length > 0 && rest.length === 0)
      ? null
      : [problems.length === 0 ? create.error.message : null, ...rest]
          .filter((words) => words !== null)
          .join(" ");
  const change = (part: Partial<DraftFields>) =>
    setDraft((before) => ({ ...before, fields: { ...before.fields, ...part } }));
  const fields: FieldForm = { fields: draft.fields, errors: byField, onChange: change };
  const choosePreset = (next: Preset) => {
    create.reset();
    setDraft(openRunDraft(next));
  };
  const first = documents[0] ?? {};
  const form = useRef<HTMLFormElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each refusal
  useEffect(() => focusFirstInvalid(form.current), [create.error]);
  const lookingOn = useLookingOn();
  const start = (
    <Button
      type="submit"
      size="md"
      fullWidth
      variant="filled"
      leftSection={<Icon name="play" />}
      loading={create.isPending}
      disabled={lookingOn !== null}
      title={lookingOn ?? undefined}
    >
      {documents.length > 1 ? `Start ${documents.length} runs` : "Start"}
    </Button>
  );

  return (
    <form
      ref={form}
      className={styles.page}
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate(documents);
      }}
    >
      <header className={styles.head}>
        <div>
          <h1>New run</h1>
          <p>Pick a starting point; change what you like.</p>
        </div>
        <div className={styles.startAbove}>{start}</div>
      </header>
      <PresetShelf
        presets={presets}
        environments={environments}
        chosen={draft.preset}
        onChoose={choosePreset}
      />
      <p className={styles.teaches}>{preset.teaches}</p>
      <AlgorithmChoice
        algorithms={algorithms}
        chosen={context.algorithm}
        preset={preset}
        sibling={presetFor(draft.fields, preset, presets)}
        environmentId={draft.fields.environment}
        error={byField.get("algorithm")}
        onChoose={(name) => change({ algorithm: name })}
        onPreset={choosePreset}
      />
      <div className={styles.columns}>
        <div>
          <FormSection title="Task">
            <EnvironmentSelect
              environments={environments}
              value={draft.fields.environment}
              error={byField.get("environment")}
              onChange={(id) => {
                const chosen = environments.find((each) => each.id === id);
                const hadTarget = preset.spec.budget.target_return !== null;
                const threshold = hadTarget ? (chosen?.reward_threshold ?? null) : null;
                change({
                  environment: id,
                  // The preset's target belongs to its own environment.
                  budgetTargetReturn: threshold === null ? "" : String(threshold),
                });
              }}
            />
            <TextField form={fields} name="name" label="Name" description="optional" />
            <TextField
              form={fields}
              name="seeds"
              label="Seeds"
              description="one run for each, as 1, 2, 3 or 1-5; empty: drawn"
            />
          </FormSection>
          <WorkerFields form={fields} algorithm={context.algorithm} />
          <NetworkFields form={fields} algorithm={context.algorithm} environment={environment} />
          <FormSection title="Budget: whichever comes first; all empty: until somebody stops it">
            <TextField
              form={fields}
              name="budgetEnvSteps"
              label="Env steps"
              description="of all workers together"
            />
            <TextField
              form={fields}
              name="budgetSeconds"
              label="Seconds"
              description="of training; pauses are not counted"
            />
            <TextField
              form={fields}
              name="budgetTargetReturn"
              label="Target return"
              description="mean of the last 100 episodes"
            />
          </FormSection>
          <FormSection title="Test episodes">
            <TextField
              form={fields}
              name="evaluateEvery"
              label="Env steps from test to test"
              description="played beside training; empty: only at the end"
            />
            <TextField
              form={fields}
              name="evaluationEpisodes"
              label="Episodes each time"
              description="so many greedy ones, and as many with sampled actions; 0: none"
            />
          </FormSection>
          <AlertFields
            context={context}
            thresholds={draft.thresholds}
            errors={byField}
            onChange={(thresholds) => setDraft((before) => ({ ...before, thresholds }))}
          />
        </div>
        <div>
          <HyperparameterFields
            context={context}
            settings={draft.settings}
            errors={byField}
            onChange={(settings) => setDraft((before) => ({ ...before, settings }))}
          />
        </div>
        <div className={styles.summary}>
          {complaint !== null && (
            <p className={styles.complaint} role="alert">
              {complaint}
            </p>
          )}
          {byField.size > 0 && (
            <p className={styles.complaint} role="alert">
              Nothing was started. {byField.size === 1 ? "One field needs" : "Some fields need"}{" "}
              another value.
            </p>
          )}
          {start}
          <p className={styles.twin}>
            {documents.length > 1 ? "The first of them from a script:" : "The same from a script:"}
          </p>
          <Snippets label="This run" snippets={runSnippets(first, serverAddress())} />
        </div>
      </div>
    </form>
  );
}

/** Leads to the first field that the server refused: it may be far from the start button. */
function focusFirstInvalid(form: HTMLFormElement | null): void {
  const place = form?.querySelector("[aria-invalid=true], fieldset[data-invalid] input");
  if (place instanceof HTMLElement) place.focus();
}
