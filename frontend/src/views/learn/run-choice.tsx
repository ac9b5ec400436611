/** Whose numbers stand beside the theory: a run, or an invitation to start one. */

import { Button, Select } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Run } from "../../api/types";
import { StateGlyph, stateWord } from "../../ui/state-glyph";
import { StartButton, useStart } from "../welcome/start-button";
import styles from "./run-choice.module.css";

interface RunChoiceProps {
  readonly runs: readonly Run[];
  readonly chosen: Run | null;
  readonly onChoose: (runId: string) => void;
}

export function RunChoice({ runs, chosen, onChoose }: RunChoiceProps) {
  if (chosen === null) return <Invitation onStarted={(run) => onChoose(run.id)} />;
  const listed = runs.some(({ id }) => id === chosen.id) ? runs : [chosen, ...runs];
  return (
    <section className={styles.choice} aria-label="Whose numbers">
      <Select
        label="Live numbers from"
        data={listed.map((run) => ({ value: run.id, label: `${run.name} · ${run.algorithm}` }))}
        value={chosen.id}
        onChange={(id) => {
          if (id !== null) onChoose(id);
        }}
        withScrollArea={false}
        classNames={{ options: styles.options ?? "" }}
        className={styles.select}
      />
      <p className={styles.state}>
        <StateGlyph state={chosen.state} /> {stateWord(chosen.state)}
      </p>
      <Button
        variant="subtle"
        renderRoot={(props) => <Link {...props} to="/runs/$runId" params={{ runId: chosen.id }} />}
      >
        To the run
      </Button>
    </section>
  );
}

function Invitation({ onStarted }: { onStarted: (run: Run) => void }) {
  const starting = useStart(onStarted);
  if (!starting.isReady) return null;
  return (
    <section className={styles.invitation} aria-label="Start a run">
      <p>
        There is no run yet that has learned anything, so the pictures below show example numbers.
        Start one, and they become its own while you read.
      </p>
      <StartButton size="sm" starting={starting} />
      {starting.error !== null && (
        <p className={styles.error} role="alert">
          {starting.error}
        </p>
      )}
    </section>
  );
}
