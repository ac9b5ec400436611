/** A race: the same task in several modes, each over the same seeds, as one group. */

import type { Preset, Run } from "../../api/types";

export interface RaceTask {
  /** Such as "CartPole-v1". */
  readonly environment: string;
  /** One for each mode. */
  readonly entries: readonly Preset[];
}

export const MOST_RACE_SEEDS = 10;
export const DEFAULT_RACE_SEEDS = 1;

type Document = Record<string, unknown>;

/**
 * The tasks for which there are presets of several modes that go for the same target. Presets
 * that are held back so that people can watch have none.
 */
export function raceTasks(presets: readonly Preset[]): RaceTask[] {
  const byTask = new Map<string, Map<string, Preset>>();
  for (const preset of presets) {
    const { environment, algorithm, budget } = preset.spec;
    if (budget.target_return === null) continue;
    const key = `${environment.id} to ${budget.target_return}`;
    const entries = byTask.get(key) ?? new Map<string, Preset>();
    if (!entries.has(algorithm)) entries.set(algorithm, preset);
    byTask.set(key, entries);
  }
  return [...byTask.values()]
    .map((entries) => [...entries.values()])
    .filter((entries) => entries.length > 1)
    .map((entries) => ({
      environment: entries[0]?.spec.environment.id ?? "",
      entries: inOrder(entries),
    }));
}

const ORDER = ["a3c", "ga3c", "a2c", "ppo"];

function inOrder(entries: readonly Preset[]): Preset[] {
  const place = ({ spec }: Preset) => ORDER.indexOf(spec.algorithm);
  return [...entries].sort((a, b) => place(a) - place(b));
}

/**
 * The runs of a race, not started: seed 1 of every mode first, then seed 2, so that those which
 * have to wait for a place wait in that order.
 *
 * @param envSteps of each run at most; null: as its preset has it
 */
export function raceDocuments(
  entries: readonly Preset[],
  options: { group: string; seeds: number; envSteps: number | null },
): Document[] {
  const { group, seeds, envSteps } = options;
  return seedsFrom(1, seeds).flatMap((seed) =>
    entries.map(({ name, spec }) => ({
      preset: name,
      name: `${spec.algorithm}, seed ${seed}`,
      group,
      seed,
      start: false,
      ...(envSteps === null ? {} : { budget: { env_steps: envSteps } }),
    })),
  );
}

/** More runs of one setting, with seeds that none of its runs has. */
export function moreSeedsDocuments(
  runs: readonly Run[],
  options: { group: string; seeds: number },
): Document[] {
  const pattern = runs.at(-1);
  if (pattern === undefined) return [];
  // The spec is complete; its preset, merged below it, would bring back what was cleared.
  const { preset: _preset, name: _name, seed: _seed, ...spec } = pattern.spec;
  const first = Math.max(0, ...runs.map(({ seed }) => seed)) + 1;
  const stem = pattern.name.replace(/,? seed \d+$/i, "");
  return seedsFrom(first, options.seeds).map((seed) => ({
    ...spec,
    budget: pattern.budget ?? spec.budget,
    name: `${stem}, seed ${seed}`,
    group: options.group,
    seed,
    start: false,
  }));
}

/** A name that no earlier race has. */
export function raceName(environment: string, at: Date): string {
  const two = (number: number) => String(number).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return `race ${environment} ${day} ${time}`;
}

function seedsFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}
