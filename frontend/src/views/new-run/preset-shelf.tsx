/** Where a new run can start from: every preset, those of one task together. */

import { useMemo } from "react";
import type { EnvironmentDescription, Preset } from "../../api/types";
import { PresetCard } from "./preset-card";
import { groupPresets } from "./preset-groups";
import styles from "./preset-shelf.module.css";

interface PresetShelfProps {
  readonly presets: readonly Preset[];
  readonly environments: readonly EnvironmentDescription[];
  readonly chosen: string;
  readonly onChoose: (preset: Preset) => void;
}

export function PresetShelf({ presets, environments, chosen, onChoose }: PresetShelfProps) {
  const groups = useMemo(() => groupPresets(presets, environments), [presets, environments]);
  return (
    <fieldset className={styles.shelf}>
      <legend className="visually-hidden">Starting point</legend>
      {groups.map((group) => (
        <section key={group.title} className={styles.group}>
          {group.title !== "" && <h2>{group.title}</h2>}
          <div className={styles.cards}>
            {group.presets.map(({ preset, obstacle }) => (
              <PresetCard
                key={preset.name}
                preset={preset}
                obstacle={obstacle}
                isChosen={preset.name === chosen}
                onChoose={() => onChoose(preset)}
              />
            ))}
          </div>
        </section>
      ))}
    </fieldset>
  );
}
