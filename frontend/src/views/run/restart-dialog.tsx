/** Asks before a change that restarts threads: what happens, what is kept, what else differs. */

import { Switch } from "@mantine/core";
import { useState } from "react";
import type { AlgorithmDescription, HyperparameterDefinition, Setting } from "../../api/types";
import { describeSetting } from "../../format/settings";
import { Confirm } from "../../ui/confirm";
import styles from "./restart-dialog.module.css";
import type { Settings } from "./use-tuning";
import { type DifferentDefault, differentDefaults, restartText } from "./warm-restart";

/** A change that waits for a yes. */
export interface AskedRestart {
  readonly definition: HyperparameterDefinition;
  readonly from: Setting;
  readonly to: Setting;
  /** All that is to change, `definition` among them. */
  readonly settings: Settings;
}

interface RestartDialogProps {
  readonly asked: AskedRestart;
  readonly present: AlgorithmDescription;
  readonly algorithms: readonly AlgorithmDescription[];
  readonly used: Settings;
  readonly onConfirm: (settings: Settings) => void;
  readonly onClose: () => void;
}

export function RestartDialog(props: RestartDialogProps) {
  const { asked, present, algorithms, used, onConfirm, onClose } = props;
  const { definition, from, to, settings } = asked;
  const [takesDefaults, setTakesDefaults] = useState(true);
  const next =
    definition.name === "algorithm" ? algorithms.find(({ name }) => name === to) : undefined;
  const others =
    next === undefined
      ? []
      : differentDefaults(present, next, used).filter(
          (each) => !(each.definition.name in settings),
        );
  const { happens, kept } = restartText(definition, to);
  return (
    <Confirm
      title={`Change ${definition.label}: ${describeSetting(from)} → ${describeSetting(to)}?`}
      action={next === undefined ? "Change it" : `Switch to ${next.name}`}
      refusal={`Stay with ${describeSetting(from)}`}
      isDangerous={false}
      isOpen
      onClose={onClose}
      onConfirm={() => onConfirm(takesDefaults ? { ...settings, ...defaultsOf(others) } : settings)}
    >
      <div className={styles.text}>
        {next !== undefined && <p>{next.sentence}</p>}
        <h3>What happens</h3>
        <ul>
          {happens.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
        <h3>What is kept</h3>
        <p>{kept}</p>
        {next !== undefined && others.length > 0 && (
          <>
            <Switch
              label={`Also take the defaults of ${next.name}`}
              checked={takesDefaults}
              onChange={(event) => setTakesDefaults(event.currentTarget.checked)}
            />
            <table data-off={!takesDefaults || undefined}>
              <thead className="visually-hidden">
                <tr>
                  <th>Setting</th>
                  <th>Now</th>
                  <th>Default</th>
                </tr>
              </thead>
              <tbody>
                {others.map(({ definition: { name, label }, now, byDefault }) => (
                  <tr key={name}>
                    <th scope="row">{label}</th>
                    <td>{describeSetting(now)}</td>
                    <td>→ {describeSetting(byDefault)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </>
        )}
      </div>
    </Confirm>
  );
}

function defaultsOf(others: readonly DifferentDefault[]): Settings {
  return Object.fromEntries(
    others.map(({ definition, byDefault }) => [definition.name, byDefault]),
  );
}
