/** The environments: trainable ones first, then the rest with the reason why not. */

import { Select } from "@mantine/core";
import { useMemo } from "react";
import type { EnvironmentDescription } from "../../api/types";
import { Icon } from "../../ui/icons";
import { environmentFacts, environmentObstacle } from "./environment-text";
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
  const missing = chosen === undefined ? null : environmentObstacle(chosen);
  return (
    <div className={styles.environment}>
      <Select
        label="Environment"
        searchable
        selectFirstOptionOnChange
        // So that typing looks for another one, and does not lengthen this one's name.
        onFocus={(event) => event.currentTarget.select()}
        onClick={(event) => event.currentTarget.select()}
        // Enter chooses; it must not start a run where there is nothing to choose.
        onKeyDown={(event) => {
          if (event.key === "Enter") event.preventDefault();
        }}
        data={grouped(environments)}
        value={value}
        onChange={(id) => {
          if (id !== null) onChange(id);
        }}
        description={chosen?.summary ?? null}
        error={error}
        withScrollArea={false}
        classNames={{ options: styles.options ?? "", option: styles.choice ?? "" }}
        nothingFoundMessage="No environment has such a name"
        renderOption={({ option }) => {
          const environment = byId.get(option.value);
          const why = environment === undefined ? null : environmentObstacle(environment);
          return (
            <span className={styles.option}>
              <span>{option.label}</span>
              {why !== null && <span className={styles.obstacle}>{why}</span>}
            </span>
          );
        }}
      />
      {missing !== null && (
        <p className={styles.missing}>
          <Icon name="warning" size={14} />
          <span>{missing}</span>
        </p>
      )}
      {chosen !== undefined && (
        <ul className={styles.facts} title={spaces(chosen)}>
          {environmentFacts(chosen).map((fact) => (
            <li key={fact}>{fact}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

function grouped(environments: readonly EnvironmentDescription[]) {
  const ready = environments.filter((environment) => environmentObstacle(environment) === null);
  const option = (environment: EnvironmentDescription) => ({
    value: environment.id,
    label: environment.id,
    disabled: environmentObstacle(environment) !== null,
  });
  return [
    { group: "Well known here", items: ready.filter(({ curated }) => curated).map(option) },
    { group: "Also installed", items: ready.filter(({ curated }) => !curated).map(option) },
    {
      group: "Not now",
      items: environments
        .filter((environment) => environmentObstacle(environment) !== null)
        .map(option),
    },
  ].filter(({ items }) => items.length > 0);
}

/** A Dict of images has pages of bounds. */
const SPACE_LETTERS_MAX = 200;

/** Both spaces as gymnasium prints them. */
function spaces({ observation, action }: EnvironmentDescription): string {
  const texts = [observation, action].flatMap((space) => (space === null ? [] : [space.text]));
  return texts
    .map((text) =>
      text.length > SPACE_LETTERS_MAX ? `${text.slice(0, SPACE_LETTERS_MAX)}…` : text,
    )
    .join("\n");
}
