/** A new run: pick a starting point, change what you like, start. */

import { Button, SegmentedControl, Switch, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { ApiProblem, describeError } from "../../api/problem";
import { algorithmsQuery, environmentsQuery, presetsQuery } from "../../api/queries";
import type {
  AlgorithmDescription,
  EnvironmentDescription,
  Preset,
  Setting,
} from "../../api/types";
import { settingValue } from "../../live/schedules";
import { groupHyperparameters } from "../../ui/hyperparameter-groups";
import { Icon } from "../../ui/icons";
import { PageLoading, PageMessage } from "../../ui/page-message";
import { SettingControl } from "../../ui/setting-control";
import { Snippets } from "../../ui/snippets";
import { EnvironmentSelect } from "./environment-select";
import styles from "./new-run-page.module.css";
import { PresetCard } from "./preset-card";
import {
  type DraftFields,
  draftDocuments,
  fieldErrors,
  openRunDraft,
  type RunDraft,
} from "./run-draft";
import { runSnippets } from "./run-snippets";
import { useCreateRuns } from "./use-create-runs";

export function NewRunPage() {
  const presets = useQuery(presetsQuery);
  const environments = useQuery(environmentsQuery);
  const algorithms = useQuery(algorithmsQuery);
  const error = presets.error ?? environments.error ?? algorithms.error;
  const algorithm = algorithms.data?.[0];
  if (error !== null) {
    return (
      <PageMessage title="The form can't be shown">
        <p>{describeError(error)}</p>
      </PageMessage>
    );
  }
  if (
    presets.data?.[0] === undefined ||
    environments.data === undefined ||
    algorithm === undefined
  ) {
    return <PageLoading what="presets and environments" />;
  }
  return (
    <NewRunForm
      presets={presets.data}
      firstPreset={presets.data[0]}
      environments={environments.data}
      algorithm={algorithm}
    />
  );
}

interface NewRunFormProps {
  readonly presets: readonly Preset[];
  readonly firstPreset: Preset;
  readonly environments: readonly EnvironmentDescription[];
  readonly algorithm: AlgorithmDescription;
}

function NewRunForm({ presets, firstPreset, environments, algorithm }: NewRunFormProps) {
  const [draft, setDraft] = useState<RunDraft>(() => openRunDraft(firstPreset));
  const create = useCreateRuns();
  const preset = presets.find(({ name }) => name === draft.preset) ?? firstPreset;
  const documents = useMemo(() => draftDocuments(draft, preset), [draft, preset]);
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
  const text = (name: keyof DraftFields & TextField, label: string, description: string) => (
    <TextInput
      label={label}
      description={description}
      value={draft.fields[name]}
      error={byField.get(name)}
      autoComplete="off"
      onChange={(event) => change({ [name]: event.currentTarget.value })}
    />
  );
  const first = documents[0] ?? {};
  const form = useRef<HTMLFormElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each refusal
  useEffect(() => focusFirstInvalid(form.current), [create.error]);
  const start = (
    <Button
      type="submit"
      size="md"
      fullWidth
      variant="filled"
      leftSection={<Icon name="play" />}
      loading={create.isPending}
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
      <fieldset className={styles.presets}>
        <legend className="visually-hidden">Starting point</legend>
        {presets.map((each) => (
          <PresetCard
            key={each.name}
            preset={each}
            isChosen={each.name === draft.preset}
            onChoose={() => {
              create.reset();
              setDraft(openRunDraft(each));
            }}
          />
        ))}
      </fieldset>
      <p className={styles.teaches}>{preset.teaches}</p>
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
            {text("name", "Name", "optional")}
            {text("seeds", "Seeds", "one run for each, as 1, 2, 3 or 1-5; empty: drawn")}
          </FormSection>
          <FormSection title="Workers and network">
            {text("workers", "Workers", "actor-learner threads")}
            {text("envsPerWorker", "Environments per worker", "stepped together")}
            {text("hidden", "Hidden layers", "units of each, as 64, 64")}
            <div className={styles.field}>
              <span id="activation">Activation</span>
              <SegmentedControl
                aria-labelledby="activation"
                data={["tanh", "relu"]}
                value={draft.fields.activation}
                onChange={(activation) => change({ activation })}
              />
            </div>
            <Switch
              className={styles.switch}
              label="One trunk for policy and value"
              checked={draft.fields.sharedTrunk}
              onChange={(event) => change({ sharedTrunk: event.currentTarget.checked })}
            />
          </FormSection>
          <FormSection title="Budget: whichever comes first; all empty: until somebody stops it">
            {text("budgetEnvSteps", "Env steps", "of all workers together")}
            {text("budgetSeconds", "Seconds", "of training; pauses are not counted")}
            {text("budgetTargetReturn", "Target return", "mean of the last 100 episodes")}
          </FormSection>
        </div>
        <div>
          <HyperparameterFields
            algorithm={algorithm}
            preset={preset}
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
          <Snippets label="This run" snippets={runSnippets(first, window.location.origin)} />
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

type TextField = Exclude<keyof DraftFields, "sharedTrunk" | "environment" | "activation">;

function FormSection({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section className={styles.section}>
      <h2>{title}</h2>
      <div className={styles.fields}>{children}</div>
    </section>
  );
}

interface HyperparameterFieldsProps {
  readonly algorithm: AlgorithmDescription;
  readonly preset: Preset;
  readonly settings: Readonly<Record<string, Setting>>;
  readonly errors: ReadonlyMap<string, string>;
  readonly onChange: (settings: Readonly<Record<string, Setting>>) => void;
}

function HyperparameterFields(props: HyperparameterFieldsProps) {
  const { algorithm, preset, settings, errors, onChange } = props;
  return groupHyperparameters(algorithm.hyperparameters).map((group) => (
    <section key={group.title} className={styles.section}>
      <h2>{group.title}</h2>
      {group.definitions.map((definition) => {
        const { name } = definition;
        const start = preset.spec.hyperparameters[name] ?? definition.default;
        const setting = settings[name] ?? start;
        return (
          <SettingControl
            key={name}
            definition={definition}
            setting={setting}
            value={settingValue(setting, 0, 0)}
            envStep={0}
            defaultSetting={start}
            error={errors.get(`hyperparameters.${name}`) ?? null}
            onCommit={(next) => {
              const { [name]: _before, ...rest } = settings;
              onChange(next === start ? rest : { ...rest, [name]: next });
            }}
          />
        );
      })}
    </section>
  ));
}
