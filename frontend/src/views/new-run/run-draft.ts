/**
 * What a person has put into the new-run form, and the request it stands for.
 *
 * Only what differs from the preset is sent. Whether a value is allowed is for the server to
 * say: text that is no number is sent as it is, and comes back as an error at its field.
 */

import type { FieldProblem } from "../../api/problem";
import type {
  AlertRule,
  AlgorithmDescription,
  EnvironmentDescription,
  HyperparameterDefinition,
  Preset,
  RunSpec,
  Setting,
} from "../../api/types";
import { formatSetting, parseNumber } from "../../format/numbers";
import { hasChoice } from "../../format/thresholds";
import { rowsIn } from "../../ui/environment-parameters";

/** The fields that are typed; empty text means "no value". */
export interface DraftFields {
  readonly name: string;
  readonly algorithm: string;
  readonly environment: string;
  readonly normalizeObservations: boolean;
  readonly workers: string;
  readonly envsPerWorker: string;
  readonly processes: string;
  readonly lockstep: boolean;
  readonly hidden: string;
  readonly activation: string;
  readonly sharedTrunk: boolean;
  readonly convolution: string;
  /** Units; empty for none. */
  readonly lstm: string;
  readonly logStdInit: string;
  /** One seed, or several: "1, 2, 3" or "1-5"; one run for each. */
  readonly seeds: string;
  readonly budgetEnvSteps: string;
  readonly budgetSeconds: string;
  readonly budgetTargetReturn: string;
  /** Env steps from one evaluation to the next; empty for one at the end alone. */
  readonly evaluateEvery: string;
  readonly evaluationEpisodes: string;
}

export interface RunDraft {
  readonly preset: string;
  readonly fields: DraftFields;
  /** Settings that differ from those that the form began with. */
  readonly settings: Readonly<Record<string, Setting>>;
  /** Thresholds of alerts, likewise. */
  readonly thresholds: Readonly<Record<string, number>>;
}

export function openRunDraft(preset: Preset): RunDraft {
  return { preset: preset.name, fields: fieldsOf(preset.spec), settings: {}, thresholds: {} };
}

function fieldsOf(spec: RunSpec): DraftFields {
  return {
    name: "",
    algorithm: spec.algorithm,
    environment: spec.environment.id,
    normalizeObservations: spec.environment.normalize_observations,
    workers: String(spec.workers),
    envsPerWorker: String(spec.envs_per_worker),
    processes: String(spec.processes),
    lockstep: spec.lockstep,
    hidden: spec.network.hidden.join(", "),
    activation: spec.network.activation,
    sharedTrunk: spec.network.shared_trunk,
    convolution: spec.network.convolution,
    lstm: optional(spec.network.lstm),
    logStdInit: formatSetting(spec.network.log_std_init),
    seeds: "",
    budgetEnvSteps: optional(spec.budget.env_steps),
    budgetSeconds: optional(spec.budget.seconds),
    budgetTargetReturn: optional(spec.budget.target_return),
    evaluateEvery: optional(spec.evaluation.every_env_steps),
    evaluationEpisodes: String(spec.evaluation.episodes),
  };
}

/** What the chosen mode and environment allow. */
export interface DraftContext {
  readonly preset: Preset;
  readonly algorithm: Pick<
    AlgorithmDescription,
    "name" | "lockstep" | "processes" | "recurrent" | "hyperparameters"
  >;
  /** Undefined if the server does not know it. */
  readonly environment: EnvironmentDescription | undefined;
  readonly alertRules: readonly AlertRule[];
}

/** The alerts whose threshold can be chosen in the chosen mode. */
export function watchedRules({ alertRules, algorithm }: DraftContext): AlertRule[] {
  return alertRules.filter((rule) => rule.algorithms.includes(algorithm.name) && hasChoice(rule));
}

/** The threshold of an alert unless somebody changes it here. */
export function startingThreshold(rule: AlertRule, { preset }: DraftContext): number {
  return preset.spec.alerts[rule.name] ?? rule.threshold;
}

/** Whether a network sees images; undefined if that is not known. */
export function observesImages(
  environment: EnvironmentDescription | undefined,
): boolean | undefined {
  const seenAs = environment?.seen_as;
  return seenAs == null ? undefined : seenAs === "image";
}

/** Whether actions are numbers from a range; undefined if that is not known. */
export function actsContinuously(
  environment: EnvironmentDescription | undefined,
): boolean | undefined {
  const space = environment?.action;
  return space == null ? undefined : space.kind === "Box";
}

/** The fields as the mode and the environment allow them; one that is not shown is not sent. */
function allowedFields(fields: DraftFields, context: DraftContext): DraftFields {
  const { algorithm, environment } = context;
  const isImage = observesImages(environment);
  return {
    ...fields,
    ...(algorithm.lockstep ? {} : { lockstep: false }),
    ...(algorithm.processes ? {} : { processes: "1" }),
    ...(algorithm.recurrent ? {} : { lstm: "" }),
    ...(isImage === false ? { convolution: "auto" } : {}),
  };
}

/** The hyperparameters that do something in the chosen mode and environment. */
export function chosenRows(
  context: Pick<DraftContext, "preset" | "algorithm" | "environment">,
): HyperparameterDefinition[] {
  const { id, kwargs } = context.preset.spec.environment;
  const chosen = context.environment?.id ?? "";
  // The preset's arguments are for its own environment.
  const environment = { id: chosen, kwargs: chosen === id ? kwargs : {} };
  return rowsIn(context.algorithm.hyperparameters, environment);
}

/**
 * What a hyperparameter is unless somebody changes it here: the preset's value. In another mode
 * than the preset's, that mode's default, or that of actions that are numbers: what was tuned for
 * one mode misleads in another.
 */
export function startingSetting(
  definition: Pick<HyperparameterDefinition, "name" | "default" | "default_continuous">,
  { preset, algorithm, environment }: Pick<DraftContext, "preset" | "algorithm" | "environment">,
): Setting {
  const isPresetsMode = algorithm.name === preset.spec.algorithm;
  const tuned = isPresetsMode ? preset.spec.hyperparameters[definition.name] : undefined;
  const ofActions = actsContinuously(environment) ? definition.default_continuous : null;
  return tuned ?? ofActions ?? definition.default;
}

/** The request's body, without a seed: what the draft changes about its preset. */
export function draftDocument(draft: RunDraft, context: DraftContext): Record<string, unknown> {
  const { preset } = context;
  const fields = allowedFields(draft.fields, context);
  const base = fieldsOf(preset.spec);
  const changed = (name: keyof DraftFields) => fields[name] !== base[name];
  const document: Record<string, unknown> = { preset: draft.preset };
  const add = (name: string, part: Record<string, unknown>) => {
    if (Object.keys(part).length > 0) document[name] = part;
  };
  if (fields.name.trim() !== "") document.name = fields.name.trim();
  if (changed("algorithm")) document.algorithm = fields.algorithm;
  add("environment", environmentPart(fields, preset.spec));
  const network: Record<string, unknown> = {};
  if (changed("hidden")) network.hidden = list(fields.hidden);
  if (changed("activation")) network.activation = fields.activation;
  if (changed("sharedTrunk")) network.shared_trunk = fields.sharedTrunk;
  if (changed("convolution")) network.convolution = fields.convolution;
  if (changed("lstm")) network.lstm = numberOrText(fields.lstm);
  if (changed("logStdInit")) network.log_std_init = numberOrText(fields.logStdInit);
  add("network", network);
  if (changed("workers")) document.workers = numberOrText(fields.workers);
  if (changed("envsPerWorker")) document.envs_per_worker = numberOrText(fields.envsPerWorker);
  if (changed("processes")) document.processes = numberOrText(fields.processes);
  if (changed("lockstep")) document.lockstep = fields.lockstep;
  add("hyperparameters", hyperparametersPart(draft, context));
  const budget: Record<string, unknown> = {};
  if (changed("budgetEnvSteps")) budget.env_steps = numberOrText(fields.budgetEnvSteps);
  if (changed("budgetSeconds")) budget.seconds = numberOrText(fields.budgetSeconds);
  if (changed("budgetTargetReturn")) budget.target_return = numberOrText(fields.budgetTargetReturn);
  add("budget", budget);
  const evaluation: Record<string, unknown> = {};
  if (changed("evaluateEvery")) evaluation.every_env_steps = numberOrText(fields.evaluateEvery);
  if (changed("evaluationEpisodes")) evaluation.episodes = numberOrText(fields.evaluationEpisodes);
  add("evaluation", evaluation);
  const watched = watchedRules(context).map(({ name }) => name);
  const alerts = Object.entries(draft.thresholds).filter(([name]) => watched.includes(name));
  add("alerts", Object.fromEntries(alerts));
  return document;
}

function environmentPart(fields: DraftFields, spec: RunSpec): Record<string, unknown> {
  const isOther = fields.environment !== spec.environment.id;
  const { normalizeObservations: normalized } = fields;
  const isNormalizedOtherwise = normalized !== spec.environment.normalize_observations;
  if (!isOther && !isNormalizedOtherwise) return {};
  const hasArguments = Object.keys(spec.environment.kwargs).length > 0;
  return {
    id: fields.environment,
    // The preset's arguments are for its own environment.
    ...(isOther && hasArguments ? { kwargs: {} } : {}),
    ...(isNormalizedOtherwise ? { normalize_observations: normalized } : {}),
  };
}

function hyperparametersPart(
  { settings }: RunDraft,
  context: DraftContext,
): Record<string, unknown> {
  const { preset, algorithm } = context;
  const applicable = new Set(chosenRows(context).map(({ name }) => name));
  const chosen = Object.entries(settings).filter(([name]) => applicable.has(name));
  if (algorithm.name === preset.spec.algorithm) return Object.fromEntries(chosen);
  const cleared = Object.keys(preset.spec.hyperparameters).map((name) => [name, null] as const);
  return { ...Object.fromEntries(cleared), ...Object.fromEntries(chosen) };
}

/** One body for each seed; several seeds make a group, so that they can be told apart. */
export function draftDocuments(draft: RunDraft, context: DraftContext): Record<string, unknown>[] {
  const document = draftDocument(draft, context);
  const seeds = readSeeds(draft.fields.seeds);
  if (seeds.length === 0) return [document];
  if (seeds.length === 1) return [{ ...document, seed: seeds[0] }];
  const { name: typed, environment, algorithm } = draft.fields;
  const name =
    typed.trim() || (fitsPreset(draft, context) ? draft.preset : `${environment} ${algorithm}`);
  return seeds.map((seed) => ({
    ...document,
    name: `${name}, seed ${seed}`,
    group: name,
    seed,
  }));
}

/** Whether the preset was made for what is chosen now. */
function fitsPreset({ fields }: RunDraft, { preset: { spec } }: DraftContext): boolean {
  return fields.environment === spec.environment.id && fields.algorithm === spec.algorithm;
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
  algorithm: "algorithm",
  environment: "environment",
  "environment.normalize_observations": "normalizeObservations",
  workers: "workers",
  envs_per_worker: "envsPerWorker",
  processes: "processes",
  lockstep: "lockstep",
  seed: "seeds",
  "network.hidden": "hidden",
  "network.activation": "activation",
  "network.shared_trunk": "sharedTrunk",
  "network.convolution": "convolution",
  "network.lstm": "lstm",
  "network.log_std_init": "logStdInit",
  "budget.env_steps": "budgetEnvSteps",
  "budget.seconds": "budgetSeconds",
  "budget.target_return": "budgetTargetReturn",
  "evaluation.every_env_steps": "evaluateEvery",
  "evaluation.episodes": "evaluationEpisodes",
};

/** Name of the form's field, or "hyperparameters.NAME", "alerts.NAME"; null if there is none. */
function fieldOf(path: readonly (string | number)[]): string | null {
  const [first, second] = path;
  if ((first === "hyperparameters" || first === "alerts") && second !== undefined) {
    return `${first}.${second}`;
  }
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
