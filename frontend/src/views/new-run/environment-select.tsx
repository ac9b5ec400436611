/** The environments: trainable ones first, then the rest with the reason why not. */

import { Select } from "@mantine/core";
import { useMemo } from "react";
import type { EnvironmentDescription } from "../../api/types";
import { formatMeasured } from "../../format/numbers";
import styles from "./new-run-page.module.css";

interface EnvironmentSelectProps {
  readonly environments: readonly EnvironmentDescription[];
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (id: string) => void;
}

export function EnvironmentSelect(props: EnvironmentSelectProps) {
  const { environments, value, error, onChange } = props;
  const byId = useMemo(
    () => new Map(environments.map((environment) => [environment.id, environment])),
    [environments],
  );
  const chosen = byId.get(value);
  return (
    <Select
      label="Environment"
      searchable
      data={grouped(environments)}
      value={value}
      onChange={(id) => {
        if (id !== null) onChange(id);
      }}
      description={chosen === undefined ? null : facts(chosen)}
      error={error}
      withScrollArea={false}
      classNames={{ options: styles.options ?? "", option: styles.choice ?? "" }}
      nothingFoundMessage="No environment has such a name"
      renderOption={({ option }) => {
        const environment = byId.get(option.value);
        const why = environment === undefined ? null : obstacle(environment);
        return (
          <span className={styles.option}>
            <span>{option.label}</span>
            {why !== null && <span className={styles.obstacle}>{why}</span>}
          </span>
        );
      }}
    />
  );
}

/** Why it can't be trained here now; null if it can. */
function obstacle(environment: EnvironmentDescription): string | null {
  const { installed, trainable, install_hint: hint, untrainable_reason: reason } = environment;
  if (installed && trainable) return null;
  const fallback = installed ? "not trainable here" : "not installed";
  return (installed ? reason : (hint ?? reason)) ?? fallback;
}

function grouped(environments: readonly EnvironmentDescription[]) {
  const ready = environments.filter((environment) => obstacle(environment) === null);
  const option = (environment: EnvironmentDescription) => ({
    value: environment.id,
    label: environment.id,
    disabled: obstacle(environment) !== null,
  });
  return [
    { group: "Well known here", items: ready.filter(({ curated }) => curated).map(option) },
    { group: "Also installed", items: ready.filter(({ curated }) => !curated).map(option) },
    {
      group: "Not now",
      items: environments.filter((environment) => obstacle(environment) !== null).map(option),
    },
  ].filter(({ items }) => items.length > 0);
}

function facts(environment: EnvironmentDescription): string {
  const parts = [
    environment.summary,
    environment.action?.size == null ? null : `${environment.action.size} actions`,
    environment.reward_threshold === null
      ? null
      : `solved at ${formatMeasured(environment.reward_threshold)}`,
    environment.max_episode_steps === null
      ? null
      : `at most ${environment.max_episode_steps} steps an episode`,
  ];
  return parts.filter((part) => part !== null).join(" · ");
}
