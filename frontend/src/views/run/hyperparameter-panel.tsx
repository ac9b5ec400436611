/** Every hyperparameter of a run's present mode: what was asked, what is in use, since when. */

import { ActionIcon, Tooltip } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { memo, useCallback, useMemo, useState } from "react";
import type {
  AlgorithmDescription,
  HyperparameterDefinition,
  RunSpec,
  Setting,
} from "../../api/types";
import { useRunPart } from "../../live/hooks";
import type { RunStore } from "../../live/run-store";
import { rowsIn } from "../../ui/environment-parameters";
import { groupHyperparameters } from "../../ui/hyperparameter-groups";
import { Icon } from "../../ui/icons";
import { useLookingOn } from "../../ui/use-looking-on";
import { unsteerableReason } from "./availability";
import styles from "./hyperparameter-panel.module.css";
import { HyperparameterRow } from "./hyperparameter-row";
import { type AskedRestart, RestartDialog } from "./restart-dialog";
import { type Settings, useTuning } from "./use-tuning";
import { classInRun } from "./warm-restart";

interface PanelProps {
  readonly store: RunStore;
  readonly spec: RunSpec;
  readonly algorithm: AlgorithmDescription;
  readonly algorithms: readonly AlgorithmDescription[];
}

export const HyperparameterPanel = memo(function HyperparameterPanel(props: PanelProps) {
  const { store, spec, algorithm, algorithms } = props;
  const { tune, undo, undoable, sending, errors } = useTuning(store);
  const [asked, setAsked] = useState<AskedRestart | null>(null);
  const isPhone = useMediaQuery("(max-width: 40rem)", false, { getInitialValueInEffect: false });
  const lookingOn = useLookingOn();
  const inItsState = useRunPart(store, (view) => unsteerableReason(view.state));
  const unsteerable = lookingOn ?? inItsState;
  const startedWith = useMemo(() => startSettings(spec, algorithms), [spec, algorithms]);
  const rows = useMemo(
    () => rowsIn(algorithm.hyperparameters, spec.environment),
    [algorithm, spec],
  );
  const hidden = hiddenRows(algorithm, algorithms);
  const elsewhere = labelsWithout(algorithm.hyperparameters, rows);

  /** The change, as far as it needs a yes before it is made. */
  const restartBy = useCallback(
    (settings: Settings): AskedRestart | null => {
      for (const definition of algorithm.hyperparameters) {
        const to = settings[definition.name];
        const from = store.view.used[definition.name]?.setting;
        if (to === undefined || from === undefined || to === from) continue;
        if (classInRun(definition, spec) !== "warm_restart") continue;
        return { definition, from, to, settings };
      }
      return null;
    },
    [algorithm, spec, store],
  );
  const tuneOne = useCallback(
    (name: string, setting: Setting) => {
      const settings = { [name]: setting };
      const restart = restartBy(settings);
      if (restart === null) tune(settings);
      else setAsked(restart);
    },
    [restartBy, tune],
  );
  const undoOne = () => {
    if (undoable === null) return;
    const restart = restartBy(undoable);
    if (restart === null) undo();
    else setAsked(restart);
  };
  return (
    <section className={styles.panel} aria-labelledby="hyperparameters">
      <header className={styles.head} data-explain="control.hyperparameters">
        <h2 id="hyperparameters">Hyperparameters</h2>
        <Tooltip label={undoable === null ? "Nothing to undo yet" : "Undo the last change"}>
          <ActionIcon
            aria-label="Undo the last change"
            aria-disabled={undoable === null}
            data-off={undoable === null || undefined}
            className={styles.undo}
            onClick={undoOne}
          >
            <Icon name="undo" />
          </ActionIcon>
        </Tooltip>
      </header>
      {unsteerable !== null && <p className={styles.note}>{unsteerable}</p>}
      <div className={styles.groups}>
        {groupHyperparameters(rows).map((group) => (
          <details key={group.title} className={styles.group} open={!isPhone}>
            <summary>
              <h3>{group.title}</h3>
            </summary>
            {group.definitions.map((definition) => (
              <HyperparameterRow
                key={definition.name}
                store={store}
                definition={definition}
                liveClass={classInRun(definition, spec)}
                startedWith={startedWith.get(definition.name) ?? definition.default}
                sending={sending.get(definition.name) ?? null}
                error={errors.get(definition.name) ?? null}
                isUnsteerable={unsteerable !== null || definition.live_class === "new_run"}
                tune={tuneOne}
              />
            ))}
          </details>
        ))}
      </div>
      {hidden.length > 0 && (
        <p className={styles.hidden}>
          Of other modes, and without effect in {algorithm.name}: {hidden.join(", ")}.
        </p>
      )}
      {elsewhere.length > 0 && (
        <p className={styles.hidden}>
          Of other environments, and not in {spec.environment.id}: {elsewhere.join(", ")}.
        </p>
      )}
      {asked !== null && (
        <RestartDialog
          asked={asked}
          present={algorithm}
          algorithms={algorithms}
          used={Object.fromEntries(
            Object.entries(store.view.used).map(([name, { setting }]) => [name, setting]),
          )}
          onClose={() => setAsked(null)}
          onConfirm={(settings) => {
            if (asked.settings === undoable) undo();
            else tune(settings);
          }}
        />
      )}
    </section>
  );
});

/** What the run began with: its spec over the defaults of its first mode. */
function startSettings(
  spec: RunSpec,
  algorithms: readonly AlgorithmDescription[],
): ReadonlyMap<string, Setting> {
  const first = algorithms.find(({ name }) => name === spec.algorithm);
  const rows = rowsIn(first?.hyperparameters ?? [], spec.environment);
  const defaults = rows.map((row) => [row.name, row.default] as const);
  return new Map<string, Setting>([
    ...defaults,
    ...Object.entries(spec.hyperparameters),
    ["algorithm", spec.algorithm],
    ["workers", spec.workers],
    ["envs_per_worker", spec.envs_per_worker],
  ]);
}

/** Labels of what only other modes use, each once. */
function hiddenRows(
  algorithm: AlgorithmDescription,
  algorithms: readonly AlgorithmDescription[],
): string[] {
  const all = algorithms.flatMap((each) => each.hyperparameters);
  return labelsWithout(all, algorithm.hyperparameters);
}

/** Labels of those that are not shown, each once. */
function labelsWithout(
  all: readonly HyperparameterDefinition[],
  shown: readonly HyperparameterDefinition[],
): string[] {
  const names = new Set(shown.map(({ name }) => name));
  return [...new Set(all.filter(({ name }) => !names.has(name)).map(({ label }) => label))];
}
