/** The catalogue in the order in which people think about it. */

import type { HyperparameterDefinition } from "../api/types";

type Group = HyperparameterDefinition["group"];

const TITLES: Readonly<Record<Group, string>> = {
  mode: "Mode and threads",
  optimizer: "Optimizer",
  objective: "Objective",
  proximal: "PPO",
  returns: "Returns",
  inputs: "Inputs",
  exploration: "Exploration",
  queue: "Queue",
  pace: "Pace",
  environment: "Environment",
};

export interface HyperparameterGroup {
  readonly title: string;
  readonly definitions: readonly HyperparameterDefinition[];
}

export function groupHyperparameters(
  definitions: readonly HyperparameterDefinition[],
): HyperparameterGroup[] {
  const groups = [...new Set(definitions.map(({ group }) => group))];
  return groups.map((group) => ({
    title: TITLES[group],
    definitions: definitions.filter((definition) => definition.group === group),
  }));
}
