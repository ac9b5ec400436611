/** One hyperparameter of a run: asked, used, since when, and what a change of it takes. */

import { memo } from "react";
import type { HyperparameterDefinition, LiveClass, Setting } from "../../api/types";
import { formatCount, formatSetting } from "../../format/numbers";
import { describeSetting } from "../../format/settings";
import { useRunPart } from "../../live/hooks";
import type { RunStore } from "../../live/run-store";
import { sameSetting, settingValue } from "../../live/schedules";
import { SettingControl } from "../../ui/setting-control";
import styles from "./hyperparameter-panel.module.css";

const CLASSES: Readonly<Record<LiveClass, { badge: string; meaning: string }>> = {
  live: { badge: "live", meaning: "Takes effect while it trains, without any interruption." },
  live_with_warning: {
    badge: "live, with care",
    meaning: "Takes effect while it trains, but what was learned so far no longer fits at once.",
  },
  warm_restart: {
    badge: "restarts, asks first",
    meaning: "Restarts threads or the optimizer's statistics; the weights are kept.",
  },
  new_run: { badge: "new run", meaning: "Can only be chosen for a new run." },
};

interface RowProps {
  readonly store: RunStore;
  readonly definition: HyperparameterDefinition;
  readonly liveClass: LiveClass;
  readonly startedWith: Setting;
  readonly sending: Setting | null;
  readonly error: string | null;
  readonly isUnsteerable: boolean;
  readonly tune: (name: string, setting: Setting) => void;
}

export const HyperparameterRow = memo(function HyperparameterRow(props: RowProps) {
  const { store, definition, liveClass, startedWith, sending, error, isUnsteerable, tune } = props;
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
  const isOff = value === 0 && definition.zero_label !== null;
  const note =
    !isPending && typeof setting === "object"
      ? `follows ${describeSetting(setting)}`
      : isOff
        ? definition.zero_label
        : null;
  return (
    <SettingControl
      definition={definition}
      setting={isPending ? asked : setting}
      value={isPending ? settingValue(asked, store.view.progress.env_steps, since) : value}
      envStepNow={() => store.view.progress.env_steps}
      defaultSetting={startedWith}
      disabled={isUnsteerable}
      error={error}
      footer={
        <>
          <span className={styles.status}>
            {isPending ? (
              <span className={styles.asked} role="status">
                <span className={styles.spinner} aria-hidden="true" />
                asked {describeSetting(asked)} · used {describeSetting(setting)}
              </span>
            ) : (
              <span className={styles.used}>
                used{typeof value === "number" ? ` ${formatSetting(value)}` : ""} since step{" "}
                {formatCount(since)}
              </span>
            )}
            <span
              className={styles.class}
              data-class={liveClass}
              title={CLASSES[liveClass].meaning}
            >
              {CLASSES[liveClass].badge}
            </span>
          </span>
          {note !== null && <span className={styles.rowNote}>{note}</span>}
        </>
      }
      onCommit={(next) => tune(name, next)}
    />
  );
});
