/** Threads and network: only what the mode and the environment have a use for. */

import type { AlgorithmDescription, EnvironmentDescription } from "../../api/types";
import { ChoiceField, type FieldForm, SwitchField, TextField } from "./fields";
import { FormSection } from "./form-section";
import { actsContinuously, observesImages } from "./run-draft";

interface PartsProps {
  readonly form: FieldForm;
  readonly algorithm: AlgorithmDescription;
  readonly environment: EnvironmentDescription | undefined;
}

const WORKERS: Readonly<Record<AlgorithmDescription["name"], string>> = {
  a3c: "threads that act and learn",
  ga3c: "threads that act; others learn",
  a2c: "groups of environments, all stepped by one thread",
  ppo: "groups of environments, all stepped by one thread",
};

export function WorkerFields({ form, algorithm }: Omit<PartsProps, "environment">) {
  return (
    <FormSection title="Workers">
      <TextField form={form} name="workers" label="Workers" description={WORKERS[algorithm.name]} />
      <TextField
        form={form}
        name="envsPerWorker"
        label="Environments per worker"
        description="stepped together"
      />
      {algorithm.processes && (
        <TextField
          form={form}
          name="processes"
          label="Processes"
          description="share the weights and deal out the workers, to use more cores"
        />
      )}
      {algorithm.lockstep && (
        <SwitchField
          form={form}
          name="lockstep"
          label="Lockstep"
          description="Workers take turns: the same seed makes the same run, but slower."
        />
      )}
    </FormSection>
  );
}

export function NetworkFields({ form, algorithm, environment }: PartsProps) {
  const isImage = observesImages(environment);
  return (
    <FormSection title="Network">
      <TextField
        form={form}
        name="hidden"
        label="Hidden layers"
        description="units of each, as 64, 64"
      />
      <ChoiceField form={form} name="activation" label="Activation" choices={["tanh", "relu"]} />
      {isImage !== false && (
        <ChoiceField
          form={form}
          name="convolution"
          label="Convolution"
          description="looks at an image first; auto: nature, none: the image as plain numbers"
          choices={["auto", "none", "a3c", "nature"]}
        />
      )}
      {algorithm.recurrent && (
        <TextField
          form={form}
          name="lstm"
          label="LSTM units"
          description="a memory after the hidden layers; empty: none"
        />
      )}
      {actsContinuously(environment) !== false && (
        <TextField
          form={form}
          name="logStdInit"
          label="Initial log σ"
          description="of continuous actions; 0: σ = 1"
        />
      )}
      <SwitchField
        form={form}
        name="sharedTrunk"
        label="One trunk for policy and value"
        description="Off: a network of its own for each."
      />
      <SwitchField
        form={form}
        name="normalizeObservations"
        label="Normalise observations"
        description={
          isImage === true
            ? "Each image to mean 0 and variance 1: for small things on a wide background."
            : "To running mean 0 and variance 1: for inputs of unlike sizes."
        }
      />
    </FormSection>
  );
}
