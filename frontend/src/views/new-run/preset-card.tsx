/** A named starting point, with what it reached when it was measured. */

import type { Preset } from "../../api/types";
import { Curve } from "../../charts/curve";
import { formatSpan } from "../../format/durations";
import { formatCount, formatMeasured } from "../../format/numbers";
import styles from "./preset-card.module.css";

type Measurement = NonNullable<Preset["measurement"]>;

interface PresetCardProps {
  readonly preset: Preset;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

export function PresetCard({ preset, isChosen, onChoose }: PresetCardProps) {
  const { measurement } = preset;
  return (
    <label className={styles.card} data-chosen={isChosen || undefined}>
      <input
        type="radio"
        name="preset"
        className="visually-hidden"
        checked={isChosen}
        onChange={onChoose}
      />
      <span className={styles.title}>{preset.title}</span>
      <code className={styles.name}>{preset.name}</code>
      <span className={styles.summary}>{preset.summary}</span>
      {measurement !== null && (
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
            {measurement.solved > 0 ? "median " : "in "}
            {formatCount(measurement.env_steps_median)} steps,{" "}
            {formatSpan(measurement.seconds_median)}
            <br />
            <small title={measurement.machine}>measured on {measurement.measured_on}</small>
          </span>
        </span>
      )}
    </label>
  );
}

function verdict({ threshold, solved, seeds }: Measurement): string {
  const goal = formatMeasured(threshold);
  return solved === 0
    ? `not yet at ${goal} with any of ${seeds.length} seeds`
    : `reached ${goal} with ${solved} of ${seeds.length} seeds`;
}
