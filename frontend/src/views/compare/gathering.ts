/** Which runs make one curve: those that differ in nothing but their seed, or as somebody wants. */

import type { Run } from "../../api/types";

export const GATHERINGS = ["setting", "group", "algorithm", "run"] as const;
export type Gathering = (typeof GATHERINGS)[number];

export interface GatheredCurve {
  /** Tells curves apart, and finds one again. */
  readonly key: string;
  readonly label: string;
  /** Oldest first. */
  readonly runs: readonly Run[];
}

type Spec = Run["spec"];

/** What decides how a run learns; names, seed, budget and upkeep do not. */
const LEARNING: readonly (keyof Spec)[] = [
  "algorithm",
  "environment",
  "network",
  "workers",
  "envs_per_worker",
  "processes",
  "lockstep",
  "hyperparameters",
  "plan",
];

/** The curves in the order of their oldest runs. @param runs oldest first */
export function gather(runs: readonly Run[], gathering: Gathering): GatheredCurve[] {
  const members = new Map<string, Run[]>();
  for (const run of runs) {
    const key = keyOf(run, gathering);
    members.set(key, [...(members.get(key) ?? []), run]);
  }
  const gathered = [...members].map(([key, each]) => ({ key, runs: each }));
  const labels = labelsOf(
    gathered.map(({ runs: each }) => each),
    gathering,
  );
  return gathered.map((curve, i) => ({ ...curve, label: labels[i] ?? "" }));
}

function keyOf(run: Run, gathering: Gathering): string {
  switch (gathering) {
    case "setting":
      return canonical(LEARNING.map((part) => run.spec[part]));
    case "group":
      return run.group === null ? `run ${run.id}` : `group ${run.group}`;
    case "algorithm":
      return run.spec.algorithm;
    case "run":
      return run.id;
  }
}

/** "learning rate", "workers": in what the runs of one curve differ, although they should not. */
export function differences(runs: readonly Run[]): string[] {
  const flat = runs.map(({ spec }) => flatten(spec));
  const names = [...new Set(flat.flatMap((each) => [...each.keys()]))];
  return names.filter((name) => new Set(flat.map((each) => each.get(name))).size > 1);
}

/** "cartpole-a3c" of "cartpole-a3c, seed 3". */
export function nameStem(name: string): string {
  return name.replace(/,? seed \d+$/i, "");
}

/** One description after the other is added, until all curves are called differently. */
function labelsOf(curves: readonly (readonly Run[])[], gathering: Gathering): string[] {
  const common = (read: (run: Run) => string | null) =>
    curves.map((runs) => {
      const values = new Set(runs.map(read));
      return values.size === 1 ? ([...values][0] ?? "") : "";
    });
  const flat = curves.map((runs) => flatten((runs[0] as Run).spec));
  const settings = [...new Set(flat.flatMap((each) => [...each.keys()]))]
    .filter((name) => !["algorithm", "environment.id"].includes(name))
    .map((name) => flat.map((each) => `${name} ${each.get(name) ?? "default"}`));
  const descriptions =
    gathering === "run"
      ? [common(({ name }) => name), common(({ seed }) => `seed ${seed}`)]
      : gathering === "group"
        ? [curves.map((runs) => runs[0]?.group ?? runs[0]?.name ?? "")]
        : [
            common(({ spec }) => spec.algorithm),
            common(({ spec }) => spec.environment.id),
            ...(gathering === "algorithm"
              ? []
              : [common(({ group }) => group), common(({ name }) => nameStem(name)), ...settings]),
          ];
  if (curves.length === 1 && gathering !== "run") {
    const only = common(({ group }) => group)[0] || common(({ name }) => nameStem(name))[0];
    return [only || common(({ spec }) => spec.algorithm)[0] || "all runs"];
  }
  let labels = curves.map(() => "");
  const distinct = () => new Set(labels).size;
  for (const description of descriptions) {
    if (distinct() === curves.length) break;
    const joined = labels.map((label, i) =>
      [label, description[i] ?? ""].filter((part) => part !== "").join(" · "),
    );
    if (new Set(joined).size > distinct()) labels = joined;
  }
  // What they have in common is no name, but better than none.
  labels = labels.map((label, i) => label || (curves[i]?.[0]?.spec.algorithm ?? ""));
  const seen = new Map<string, number>();
  return labels.map((label) => {
    const before = seen.get(label) ?? 0;
    seen.set(label, before + 1);
    return before === 0 ? label : `${label} (${before + 1})`;
  });
}

/** Every setting that decides how it learns, by its path. */
function flatten(spec: Spec): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  const visit = (path: string, value: unknown) => {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      for (const [name, each] of Object.entries(value)) {
        // Hyperparameters have names of their own.
        visit(path === "" || path === "hyperparameters" ? name : `${path}.${name}`, each);
      }
    } else {
      settings.set(path.replaceAll("_", " "), typeof value === "string" ? value : canonical(value));
    }
  };
  for (const part of LEARNING) visit(part, spec[part]);
  return settings;
}

/** JSON with its keys in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
