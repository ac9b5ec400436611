/** Parameters of environments: which of the catalogue's rows an environment has, and its ranges. */

import type { HyperparameterDefinition } from "../api/types";

export interface EnvironmentArguments {
  readonly id: string;
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** The rows that are used in an environment; of its own parameters with its own values. */
export function rowsIn(
  rows: readonly HyperparameterDefinition[],
  environment: EnvironmentArguments,
): HyperparameterDefinition[] {
  return rows.flatMap((row) => {
    if (Object.keys(row.environments).length === 0) return [row];
    const own = row.environments[environment.id];
    if (own === undefined || own.arguments.some((name) => name in environment.kwargs)) return [];
    const { default: value, minimum, maximum, unit } = own;
    return [{ ...row, default: value, minimum, maximum, unit }];
  });
}
