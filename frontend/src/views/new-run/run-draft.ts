/**
 * What a person has put into the new-run form, and the request it stands for.
 *
 * Only what differs from the preset is sent. Whether a value is allowed is for the server to
 * say: text that is no number is sent as it is, and comes back as an error at its field.
 */

import type { FieldProblem } from "../../api/problem";
import type { Preset, RunSpec, Setting } from "../../api/types";
import { formatSetting, parseNumber } from "../../format/numbers";

/** The fields that are typed; empty text means "no value". */
export interface DraftFields {
  readonly name: string;
  readonly environment: string;
  readonly workers: string;
  readonly envsPerWorker: string;
  readonly hidden: string;
  readonly activation: string;
  readonly sharedTrunk: boolean;
  /** One seed, or several: "1, 2, 3" or "1-5"; one run for each. */
  readonly seeds: string;
  readonly budgetEnvSteps: string;
  readonly budgetSeconds: string;
  readonly budgetTargetReturn: string;
}

export interface RunDraft {
  readonly preset: string;
  readonly fields: DraftFields;
  /** Settings that differ from the preset's. */
  readonly settings: Readonly<Record<string, Setting>>;
}

export function openRunDraft(preset: Preset): RunDraft {
  return { preset: preset.name, fields: fieldsOf(preset.spec), settings: {} };
}

function fieldsOf(spec: RunSpec): DraftFields {
  return {
    name: "",
    environment: spec.environment.id,
    workers: String(spec.workers),
    envsPerWorker: String(spec.envs_per_worker),
    hidden: spec.network.hidden.join(", "),
    activation: spec.network.activation,
    sharedTrunk: spec.network.shared_trunk,
    seeds: "",
    budgetEnvSteps: optional(spec.budget.env_steps),
    budgetSeconds: optional(spec.budget.seconds),
    budgetTargetReturn: optional(spec.budget.target_return),
  };
}

/** The request's body, without a seed: what the draft changes about its preset. */
export function draftDocument(draft: RunDraft, preset: Preset): Record<string, unknown> {
  const { fields } = draft;
  const base = fieldsOf(preset.spec);
  const changed = (name: keyof DraftFields) => fields[name] !== base[name];
  const document: Record<string, unknown> = { preset: draft.preset };
  if (fields.name.trim() !== "") document.name = fields.name.trim();
  if (changed("environment")) document.environment = { id: fields.environment };
  const network: Record<string, unknown> = {};
  if (changed("hidden")) network.hidden = list(fields.hidden);
  if (changed("activation")) network.activation = fields.activation;
  if (changed("sharedTrunk")) network.shared_trunk = fields.sharedTrunk;
  if (Object.keys(network).length > 0) document.network = network;
  if (changed("workers")) document.workers = numberOrText(fields.workers);
  if (changed("envsPerWorker")) document.envs_per_worker = numberOrText(fields.envsPerWorker);
  if (Object.keys(draft.settings).length > 0) document.hyperparameters = { ...draft.settings };
  const budget: Record<string, unknown> = {};
  if (changed("budgetEnvSteps")) budget.env_steps = numberOrText(fields.budgetEnvSteps);
  if (changed("budgetSeconds")) budget.seconds = numberOrText(fields.budgetSeconds);
  if (changed("budgetTargetReturn")) budget.target_return = numberOrText(fields.budgetTargetReturn);
  if (Object.keys(budget).length > 0) document.budget = budget;
  return document;
}

/** One body for each seed; several seeds make a group, so that they can be told apart. */
export function draftDocuments(draft: RunDraft, preset: Preset): Record<string, unknown>[] {
  const document = draftDocument(draft, preset);
  const seeds = readSeeds(draft.fields.seeds);
  if (seeds.length === 0) return [document];
  if (seeds.length === 1) return [{ ...document, seed: seeds[0] }];
  const name = draft.fields.name.trim() || draft.preset;
  return seeds.map((seed) => ({
    ...document,
    name: `${name}, seed ${seed}`,
    group: name,
    seed,
  }));
}

/** More runs than this at once are a mistake, or a case for a script. */
const MOST_SEEDS = 20;

/** "1, 2, 5-7" as numbers; what is no number stays text, for the server to refuse. */
export function readSeeds(text: string): (number | string)[] {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== "");
  const seeds = parts.flatMap((part): (number | string)[] => {
    const range = /^(\d+)[-–](\d+)$/.exec(part);
    if (range === null) return [parseNumber(part) ?? part];
    const [first, last] = [Number(range[1]), Number(range[2])];
    const length = last - first + 1;
    if (length < 1 || length > MOST_SEEDS) return [part];
    return Array.from({ length }, (_, i) => first + i);
  });
  return seeds.slice(0, MOST_SEEDS);
}

/** The server's complaints by field of the form; the rest have no place of their own. */
export function fieldErrors(problems: readonly FieldProblem[]): {
  readonly byField: ReadonlyMap<string, string>;
  readonly rest: readonly string[];
} {
  const byField = new Map<string, string>();
  const rest: string[] = [];
  for (const { loc, message } of problems) {
    const path = loc.filter((part) => part !== "body");
    const field = fieldOf(path);
    if (field === null) rest.push(`${path.join(".")}: ${message}`.replace(/^: /, ""));
    else byField.set(field, message);
  }
  return { byField, rest };
}

const FIELDS: Readonly<Record<string, keyof DraftFields>> = {
  name: "name",
  group: "name",
  environment: "environment",
  workers: "workers",
  envs_per_worker: "envsPerWorker",
  seed: "seeds",
  "network.hidden": "hidden",
  "network.activation": "activation",
  "network.shared_trunk": "sharedTrunk",
  "budget.env_steps": "budgetEnvSteps",
  "budget.seconds": "budgetSeconds",
  "budget.target_return": "budgetTargetReturn",
};

/** Name of the form's field, or "hyperparameters.NAME"; null if the form has none for it. */
function fieldOf(path: readonly (string | number)[]): string | null {
  const [first, second] = path;
  if (first === "hyperparameters" && second !== undefined) return `hyperparameters.${second}`;
  return FIELDS[`${first}.${second}`] ?? FIELDS[String(first)] ?? null;
}

function optional(value: number | null | undefined): string {
  return value === null || value === undefined ? "" : formatBudget(value);
}

function formatBudget(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : formatSetting(value);
}

function numberOrText(text: string): number | string | null {
  return text.trim() === "" ? null : (parseNumber(text) ?? text.trim());
}

function list(text: string): (number | string)[] {
  return text
    .split(/[\s,;×x]+/)
    .filter((part) => part !== "")
    .map((part) => parseNumber(part) ?? part);
}
