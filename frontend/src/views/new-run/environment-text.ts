/** An environment in words: why it can't be used, what it shows, what can be done in it. */

import type { EnvironmentDescription, SpaceDescription } from "../../api/types";
import { formatExactCount, formatMeasured } from "../../format/numbers";

/** Why it can't be trained here now, or what to install; null if it can. */
export function environmentObstacle(environment: EnvironmentDescription): string | null {
  const { installed, trainable, install_hint: hint, untrainable_reason: reason } = environment;
  if (installed && trainable) return null;
  const fallback = installed ? "not trainable here" : "not installed";
  return (installed ? reason : (hint ?? reason)) ?? fallback;
}

/** "4 numbers", "an image, 4 × 84 × 84", "one of 16 states": as briefly as it can be said. */
export function observationText(space: SpaceDescription): string {
  const shape = space.shape ?? [];
  if (space.kind === "Discrete" && space.size !== null) return `one of ${space.size} states`;
  if (space.kind === "Dict" || space.kind === "Tuple") return "several parts, as a row of numbers";
  if (space.kind !== "Box") return spaceText(space);
  if (shape.length === 3) return `an image, ${shape.join(" × ")}`;
  if (shape.length === 1) return shape[0] === 1 ? "1 number" : `${shape[0]} numbers`;
  return `numbers, ${shape.join(" × ")}`;
}

export function actionText(space: SpaceDescription): string {
  const shape = space.shape ?? [];
  if (space.kind === "Discrete") {
    return space.size === null ? "one of several actions" : `one of ${space.size} actions`;
  }
  if (space.kind !== "Box") return spaceText(space);
  const count = shape.reduce((product, each) => product * each, 1);
  return count === 1 ? "1 continuous action" : `${count} continuous actions`;
}

/** What gymnasium prints, without the bounds of each number. */
function spaceText({ kind, shape, size }: SpaceDescription): string {
  if (size !== null) return `${kind}(${size})`;
  return shape === null || shape.length === 0 ? kind : `${kind}(${shape.join(" × ")})`;
}

/** What is known about it, in the order in which people ask. */
export function environmentFacts(environment: EnvironmentDescription): string[] {
  const { observation, action, reward_threshold: threshold, max_episode_steps } = environment;
  const facts = [
    observation === null ? null : `sees ${observationText(observation)}`,
    environment.unseen.length === 0 ? null : `does not see ${environment.unseen.join(", ")}`,
    action === null ? null : `chooses ${actionText(action)}`,
    threshold === null ? null : `solved at ${formatMeasured(threshold)}`,
    max_episode_steps === null
      ? null
      : `at most ${formatExactCount(max_episode_steps)} steps an episode`,
    environment.vectorized ? "stepped in native code" : null,
  ];
  return facts.filter((fact) => fact !== null);
}
