/** For paper: what the run is made of, and every hyperparameter as it is in use, as tables. */

import type { AlgorithmDescription, Run } from "../../api/types";
import { formatMoment } from "../../format/durations";
import { formatCount, formatExactCount } from "../../format/numbers";
import { describeSetting } from "../../format/settings";
import type { RunStore } from "../../live/run-store";
import { rowsIn } from "../../ui/environment-parameters";
import styles from "./printed-settings.module.css";

interface PrintedSettingsProps {
  readonly run: Run;
  readonly store: RunStore;
  readonly algorithm: AlgorithmDescription;
}

export function PrintedSettings({ run, store, algorithm }: PrintedSettingsProps) {
  const { used, state } = store.view;
  const rows = rowsIn(algorithm.hyperparameters, run.spec.environment);
  return (
    <section className={styles.settings} aria-label="Settings">
      <h2>Run</h2>
      <table>
        <tbody>
          {factsOf(run, state, algorithm).map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h2>Hyperparameters in use</h2>
      <table className={styles.columns}>
        <tbody>
          {rows.map(({ name, label, unit, default: fallback }) => (
            <tr key={name}>
              <th scope="row">{label}</th>
              <td>
                {describeSetting(used[name]?.setting ?? fallback)} {unit}
                {(used[name]?.sinceEnvStep ?? 0) > 0 && (
                  <span> since step {formatCount(used[name]?.sinceEnvStep ?? 0)}</span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function factsOf(
  run: Run,
  state: string,
  algorithm: AlgorithmDescription,
): (readonly [string, string])[] {
  const { spec, environment, seed } = run;
  const { hidden, activation, shared_trunk: isShared } = spec.network;
  const { env_steps: steps, seconds, target_return: target } = run.budget ?? spec.budget;
  const budget = [
    ...(steps == null ? [] : [`${formatExactCount(steps)} env steps`]),
    ...(seconds == null ? [] : [`${seconds} s`]),
    ...(target == null ? [] : [`until a mean return of ${target}`]),
  ];
  const kwargs = Object.entries(environment.kwargs ?? {}).map(([name, to]) => `${name} = ${to}`);
  return [
    ["id", run.id],
    ["state", state],
    ["environment", [environment.id, ...kwargs].join(", ")],
    ["mode", algorithm.title],
    ["seed", String(seed)],
    [
      "network",
      `${hidden?.join(" × ") || "no hidden layer"}, ${activation}${isShared === true ? ", shared trunk" : ""}`,
    ],
    ["budget", budget.length === 0 ? "none" : budget.join(", ")],
    ["created", formatMoment(run.created_at)],
    ...(run.ended_at == null ? [] : [["ended", formatMoment(run.ended_at)] as const]),
    ...(run.group == null ? [] : [["group", run.group] as const]),
    ...(run.notes ? [["notes", run.notes] as const] : []),
  ];
}
