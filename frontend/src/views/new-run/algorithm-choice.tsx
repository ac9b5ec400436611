/** Which training mode: a card for each, in a sentence. */

import { Button } from "@mantine/core";
import type { AlgorithmDescription, Preset } from "../../api/types";
import { ChoiceCard } from "../../ui/choice-card";
import styles from "./algorithm-choice.module.css";

interface AlgorithmChoiceProps {
  readonly algorithms: readonly AlgorithmDescription[];
  readonly chosen: AlgorithmDescription;
  readonly preset: Preset;
  /** A preset for the chosen environment, of the chosen mode if there is one. */
  readonly sibling: Preset | null;
  readonly environmentId: string;
  readonly error: string | undefined;
  readonly onChoose: (name: string) => void;
  readonly onPreset: (preset: Preset) => void;
}

export function AlgorithmChoice(props: AlgorithmChoiceProps) {
  const { algorithms, chosen, preset, sibling, environmentId, error } = props;
  const { onChoose, onPreset } = props;
  const isOtherMode = chosen.name !== preset.spec.algorithm;
  const isOtherTask = environmentId !== preset.spec.environment.id;
  return (
    <section className={styles.section} aria-labelledby="algorithm">
      <h2 id="algorithm">Algorithm</h2>
      <fieldset data-invalid={error !== undefined || undefined}>
        <legend className="visually-hidden">Algorithm</legend>
        <div className={styles.cards}>
          {algorithms.map((algorithm) => (
            <ChoiceCard
              key={algorithm.name}
              group="algorithm"
              isChosen={algorithm.name === chosen.name}
              onChoose={() => onChoose(algorithm.name)}
            >
              <span className={styles.name}>
                <span>{algorithm.name}</span>
                <span className={styles.title}>{algorithm.title}</span>
              </span>
              <span className={styles.sentence}>{algorithm.sentence}</span>
            </ChoiceCard>
          ))}
        </div>
      </fieldset>
      {error !== undefined && (
        <p className={styles.error} role="alert">
          {error}
        </p>
      )}
      <p className={styles.fact}>
        <strong>Same seed, same run?</strong> {chosen.reproducible}
      </p>
      {(isOtherMode || isOtherTask) && (
        <p className={styles.fact}>
          {isOtherMode
            ? `${preset.name} was made for ${preset.spec.algorithm}, so the hyperparameters below are the defaults of ${chosen.name}. `
            : `${preset.name} was made for ${preset.spec.environment.id}: its settings may not suit ${environmentId}. `}
          {sibling !== null && (
            <Button variant="subtle" size="compact-xs" onClick={() => onPreset(sibling)}>
              Start from {sibling.name} instead
            </Button>
          )}
        </p>
      )}
    </section>
  );
}
