/** A named starting point, with what it reached when it was measured. */

import type { Preset } from "../../api/types";
import { Curve } from "../../charts/curve";
import { ChoiceCard } from "../../ui/choice-card";
import { useTimeUnit } from "../../ui/preferences";
import { effort, type Measurement, verdict } from "./measurement-text";
import styles from "./preset-card.module.css";

interface PresetCardProps {
  readonly preset: Preset;
  /** Why it can't be started here now. */
  readonly obstacle: string | null;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

export function PresetCard({ preset, obstacle, isChosen, onChoose }: PresetCardProps) {
  return (
    <ChoiceCard group="preset" isChosen={isChosen} onChoose={onChoose}>
      <span className={styles.title}>{preset.title}</span>
      <code className={styles.name}>{preset.name}</code>
      <span className={styles.summary}>{preset.summary}</span>
      {obstacle !== null && <span className={styles.obstacle}>{obstacle}</span>}
      {preset.measurement !== null && <Measured measurement={preset.measurement} />}
    </ChoiceCard>
  );
}

function Measured({ measurement }: { measurement: Measurement }) {
  const unit = useTimeUnit();
  return (
    <span className={styles.measured}>
      {measurement.curve.length > 1 && (
        <Curve
          points={measurement.curve}
          threshold={measurement.threshold}
          width={120}
          height={44}
        />
      )}
      <span>
        {verdict(measurement)}
        <br />
        {effort(measurement, unit)}
        <br />
        <small title={measurement.machine}>measured on {measurement.measured_on}</small>
      </span>
    </span>
  );
}
