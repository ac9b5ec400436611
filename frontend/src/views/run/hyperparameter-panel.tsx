/** Every hyperparameter of a run: what was asked, what is in use, since when. */

import { ActionIcon, Tooltip } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { memo } from "react";
import type { HyperparameterDefinition, LiveClass, RunSpec, Setting } from "../../api/types";
import { formatCount, formatSetting } from "../../format/numbers";
import { describeSetting } from "../../format/settings";
import { useRunPart } from "../../live/hooks";
import type { RunStore } from "../../live/run-store";
import { sameSetting, settingValue } from "../../live/schedules";
import { groupHyperparameters } from "../../ui/hyperparameter-groups";
import { Icon } from "../../ui/icons";
import { SettingControl } from "../../ui/setting-control";
import { unsteerableReason } from "./availability";
import styles from "./hyperparameter-panel.module.css";
import { type Tuning, useTuning } from "./use-tuning";

const CLASSES: Readonly<Record<LiveClass, { badge: string; meaning: string }>> = {
  live: { badge: "live", meaning: "Takes effect while it trains, without any interruption." },
  live_with_warning: {
    badge: "live, with care",
    meaning: "Takes effect while it trains, but what was learned so far no longer fits at once.",
  },
  warm_restart: {
    badge: "restarts",
    meaning: "Starts the optimizer's statistics anew; the weights are kept.",
  },
  new_run: { badge: "new run", meaning: "Can only be chosen for a new run." },
};

interface PanelProps {
  readonly store: RunStore;
  readonly spec: RunSpec;
  readonly definitions: readonly HyperparameterDefinition[];
}

export const HyperparameterPanel = memo(function HyperparameterPanel(props: PanelProps) {
  const { store, spec, definitions } = props;
  const tuning = useTuning(store);
  const isPhone = useMediaQuery("(max-width: 40rem)", false, { getInitialValueInEffect: false });
  const unsteerable = useRunPart(store, (view) => unsteerableReason(view.state));
  return (
    <section className={styles.panel} aria-labelledby="hyperparameters">
      <header className={styles.head}>
        <h2 id="hyperparameters">Hyperparameters</h2>
        <Tooltip label={tuning.canUndo ? "Undo the last change" : "Nothing to undo yet"}>
          <ActionIcon
            aria-label="Undo the last change"
            aria-disabled={!tuning.canUndo}
            data-off={!tuning.canUndo || undefined}
            className={styles.undo}
            onClick={tuning.undo}
          >
            <Icon name="undo" />
          </ActionIcon>
        </Tooltip>
      </header>
      {unsteerable !== null && <p className={styles.note}>{unsteerable}</p>}
      <div className={styles.groups}>
        {groupHyperparameters(definitions).map((group) => (
          <details key={group.title} className={styles.group} open={!isPhone}>
            <summary>
              <h3>{group.title}</h3>
            </summary>
            {group.definitions.map((definition) => (
              <Row
                key={definition.name}
                store={store}
                definition={definition}
                startedWith={spec.hyperparameters[definition.name] ?? definition.default}
                sending={tuning.sending.get(definition.name) ?? null}
                error={tuning.errors.get(definition.name) ?? null}
                isUnsteerable={unsteerable !== null || definition.live_class === "new_run"}
                tune={tuning.tune}
              />
            ))}
          </details>
        ))}
      </div>
    </section>
  );
});

interface RowProps {
  readonly store: RunStore;
  readonly definition: HyperparameterDefinition;
  readonly startedWith: Setting;
  readonly sending: Setting | null;
  readonly error: string | null;
  readonly isUnsteerable: boolean;
  readonly tune: Tuning["tune"];
}

const Row = memo(function Row(props: RowProps) {
  const { store, definition, startedWith, sending, error, isUnsteerable, tune } = props;
  const { name } = definition;
  const used = useRunPart(store, (view) => view.used[name]);
  const askedOfRun = useRunPart(store, (view) => view.asked[name]?.setting ?? null);
  const setting = used?.setting ?? definition.default;
  const since = used?.sinceEnvStep ?? 0;
  // Only a schedule's value depends on how far the run is; other rows need not be drawn again.
  const value = useRunPart(store, (view) => {
    const now = settingValue(setting, view.progress.env_steps, since);
    return typeof now === "number" ? Number(now.toPrecision(4)) : now;
  });
  const asked = sending ?? askedOfRun;
  const isPending = asked !== null && !sameSetting(asked, setting);
  return (
    <SettingControl
      definition={definition}
      setting={isPending ? asked : setting}
      value={isPending ? settingValue(asked, store.view.progress.env_steps, since) : value}
      envStep={store.view.progress.env_steps}
      defaultSetting={startedWith}
      disabled={isUnsteerable}
      error={error}
      footer={
        <span className={styles.status}>
          {isPending ? (
            <span className={styles.asked} role="status">
              <span className={styles.spinner} aria-hidden="true" />
              asked {describeSetting(asked)} · used {describeSetting(setting)}
            </span>
          ) : (
            <span className={styles.used}>
              {typeof setting === "object" && `${describeSetting(setting)} · `}
              used{typeof value === "number" ? ` ${formatSetting(value)}` : ""} since step{" "}
              {formatCount(since)}
              {value === 0 && definition.zero_label !== null && ` · ${definition.zero_label}`}
            </span>
          )}
          <span
            className={styles.class}
            data-class={definition.live_class}
            title={CLASSES[definition.live_class].meaning}
          >
            {CLASSES[definition.live_class].badge}
          </span>
        </span>
      }
      onCommit={(next) => tune(name, next)}
    />
  );
});
