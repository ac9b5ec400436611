/** The shelf of presets: those of one task side by side, so that modes can be compared. */

import type { EnvironmentDescription, Preset } from "../../api/types";
import { environmentObstacle } from "./environment-text";

export interface ShelvedPreset {
  readonly preset: Preset;
  /** Why it can't be started here now. */
  readonly obstacle: string | null;
}

export interface PresetGroup {
  readonly title: string;
  readonly presets: readonly ShelvedPreset[];
}

const OTHER_TASKS = "Other tasks";
const NOT_READY = "Not ready here";

/** In the server's order; a task with a single preset has no shelf of its own. */
export function groupPresets(
  presets: readonly Preset[],
  environments: readonly EnvironmentDescription[],
): PresetGroup[] {
  const byId = new Map(environments.map((each) => [each.id, each]));
  const shelved = presets.map((preset) => {
    const environment = byId.get(preset.spec.environment.id);
    const obstacle = environment === undefined ? null : environmentObstacle(environment);
    return { preset, obstacle };
  });
  const ready = shelved.filter(({ obstacle }) => obstacle === null);
  const tasks = ready.map(({ preset }) => taskOf(preset));
  const large = [...new Set(tasks)].filter(
    (task) => tasks.filter((other) => other === task).length > 1,
  );
  return [
    ...large.map((task) => ({
      title: task,
      presets: ready.filter(({ preset }) => taskOf(preset) === task),
    })),
    {
      title: large.length === 0 ? "" : OTHER_TASKS,
      presets: ready.filter(({ preset }) => !large.includes(taskOf(preset))),
    },
    { title: NOT_READY, presets: shelved.filter(({ obstacle }) => obstacle !== null) },
  ].filter((group) => group.presets.length > 0);
}

/**
 * Another preset for what is chosen: of the same mode if there is one; else of any mode, if the
 * present preset is for another environment. Null if there is none.
 */
export function presetFor(
  chosen: { readonly environment: string; readonly algorithm: string },
  present: Preset,
  presets: readonly Preset[],
): Preset | null {
  const ofTask = presets.filter(({ spec }) => spec.environment.id === chosen.environment);
  const ofMode = ofTask.find(({ spec }) => spec.algorithm === chosen.algorithm);
  const isOtherTask = present.spec.environment.id !== chosen.environment;
  return ofMode ?? (isOtherTask ? (ofTask[0] ?? null) : null);
}

/** CartPole-v0 and CartPole-v1 are one task. */
function taskOf(preset: Preset): string {
  return preset.spec.environment.id.replace(/-v\d+$/, "");
}
