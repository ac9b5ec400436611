/** What a fork goes on with: where that differs from the run's present settings, and changes. */

import { ActionIcon, Button, NativeSelect } from "@mantine/core";
import type { HyperparameterDefinition, Setting } from "../../api/types";
import { formatExactCount } from "../../format/numbers";
import { describeSetting } from "../../format/settings";
import { settingValue } from "../../live/schedules";
import { groupHyperparameters } from "../../ui/hyperparameter-groups";
import { Icon } from "../../ui/icons";
import { SettingControl } from "../../ui/setting-control";
import styles from "./fork-dialog.module.css";
import { differences, type Settings } from "./forking";

interface ForkSettingsProps {
  readonly definitions: readonly HyperparameterDefinition[];
  /** Those that the fork goes on with where nothing is changed. */
  readonly inherited: Settings;
  /** Those of the run now; the same where it forks from now. */
  readonly present: Settings;
  readonly envStep: number;
  readonly changed: Settings;
  readonly errors: ReadonlyMap<string, string>;
  readonly onChange: (changed: Settings) => void;
}

export function ForkSettings(props: ForkSettingsProps) {
  const { definitions, inherited, present, envStep, changed, errors, onChange } = props;
  const set = (name: string, setting: Setting) => onChange({ ...changed, [name]: setting });
  const leave = (name: string) => {
    const { [name]: _gone, ...rest } = changed;
    onChange(rest);
  };
  const before = ({ name, default: byDefault }: HyperparameterDefinition) =>
    inherited[name] ?? byDefault;
  const differing = differences(definitions, inherited, present);
  return (
    <>
      {differing.length > 0 && (
        <section className={styles.differing} aria-labelledby="differing">
          <h3 id="differing">At step {formatExactCount(envStep)} other settings were in use</h3>
          <p>The fork goes on with these, not with the run’s present ones.</p>
          <ul>
            {differing.map(({ name, label, was, now }) => (
              <li key={name}>
                <span>
                  {label} <strong>{describeSetting(was)}</strong>
                  <span className={styles.now}> now {describeSetting(now)}</span>
                </span>
                <Button
                  size="compact-xs"
                  aria-label={`Take the present ${label}, ${describeSetting(now)}`}
                  onClick={() => set(name, now)}
                >
                  Take the present one
                </Button>
              </li>
            ))}
          </ul>
        </section>
      )}
      {definitions
        .filter(({ name }) => name in changed)
        .map((definition) => {
          const { name, label } = definition;
          const setting = changed[name] ?? before(definition);
          return (
            <div key={name} className={styles.change}>
              <SettingControl
                definition={definition}
                setting={setting}
                value={settingValue(setting, 0, 0)}
                envStepNow={() => envStep}
                defaultSetting={before(definition)}
                error={errors.get(name) ?? null}
                onCommit={(next) => set(name, next)}
              />
              <ActionIcon aria-label={`Leave ${label} as it is`} onClick={() => leave(name)}>
                <Icon name="close" size={14} />
              </ActionIcon>
            </div>
          );
        })}
      <NativeSelect
        label="Change a setting"
        description="All others are those of the checkpoint."
        value=""
        data={[
          { value: "", label: "Choose one …" },
          ...groupHyperparameters(definitions.filter(({ name }) => !(name in changed))).map(
            ({ title, definitions: rows }) => ({
              group: title,
              items: rows.map(({ name: value, label }) => ({ value, label })),
            }),
          ),
        ]}
        onChange={(event) => {
          const definition = definitions.find((each) => each.name === event.currentTarget.value);
          if (definition !== undefined) set(definition.name, before(definition));
        }}
      />
    </>
  );
}
