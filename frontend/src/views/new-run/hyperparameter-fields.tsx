/** Every hyperparameter that does something in the chosen mode, group by group. */

import type { Setting } from "../../api/types";
import { settingValue } from "../../live/schedules";
import { groupHyperparameters } from "../../ui/hyperparameter-groups";
import { SettingControl } from "../../ui/setting-control";
import styles from "./new-run-page.module.css";
import { chosenRows, type DraftContext, startingSetting } from "./run-draft";

type Settings = Readonly<Record<string, Setting>>;

interface HyperparameterFieldsProps {
  readonly context: DraftContext;
  readonly settings: Settings;
  readonly errors: ReadonlyMap<string, string>;
  readonly onChange: (settings: Settings) => void;
}

const atTheBeginning = () => 0;

export function HyperparameterFields(props: HyperparameterFieldsProps) {
  const { context, settings, errors, onChange } = props;
  // Those with a field of their own in the spec have one in the form, too.
  const rows = chosenRows(context).filter(({ spec_field: isField }) => !isField);
  return groupHyperparameters(rows).map((group) => (
    <section key={group.title} className={styles.section}>
      <h2>{group.title}</h2>
      {group.definitions.map((definition) => {
        const { name } = definition;
        const start = startingSetting(definition, context);
        const setting = settings[name] ?? start;
        return (
          <SettingControl
            key={name}
            definition={definition}
            setting={setting}
            value={settingValue(setting, 0, 0)}
            envStepNow={atTheBeginning}
            defaultSetting={start}
            error={errors.get(`hyperparameters.${name}`) ?? null}
            onCommit={(next) => {
              const { [name]: _before, ...rest } = settings;
              onChange(next === start ? rest : { ...rest, [name]: next });
            }}
          />
        );
      })}
    </section>
  ));
}
