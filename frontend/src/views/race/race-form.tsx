/** One click, and the same task is learned in several modes at once. */

import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { describeError } from "../../api/problem";
import { presetsQuery, systemQuery } from "../../api/queries";
import { parseNumber } from "../../format/numbers";
import { ChoiceChips } from "../../ui/choice-chips";
import { Icon } from "../../ui/icons";
import { useLookingOn } from "../../ui/use-looking-on";
import { DEFAULT_RACE_SEEDS, MOST_RACE_SEEDS, raceDocuments, raceName, raceTasks } from "./race";
import styles from "./race-form.module.css";
import { useStartTogether } from "./use-start-together";

export function RaceForm({ onStarted }: { onStarted?: () => void }) {
  const lookingOn = useLookingOn();
  const presets = useQuery(presetsQuery);
  const system = useQuery(systemQuery);
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<string | null>(null);
  const [seedsText, setSeeds] = useState(String(DEFAULT_RACE_SEEDS));
  const [stepsText, setSteps] = useState("");
  const start = useStartTogether(async (runs) => {
    onStarted?.();
    const group = runs[0]?.group;
    if (group != null) await navigate({ to: "/compare", search: { group: [group] } });
  });
  const tasks = raceTasks(presets.data ?? []);
  const task = tasks.find(({ environment }) => environment === chosen) ?? tasks[0];
  const seeds = parseNumber(seedsText);
  const areSeedsWrong =
    seeds === null || !Number.isInteger(seeds) || seeds < 1 || seeds > MOST_RACE_SEEDS;
  const envSteps = stepsText.trim() === "" ? null : parseNumber(stepsText);
  const areStepsWrong =
    stepsText.trim() !== "" && (envSteps === null || !Number.isInteger(envSteps) || envSteps < 1);
  if (presets.error !== null) return <p role="alert">{describeError(presets.error)}</p>;
  if (task === undefined) return null;
  const names = task.entries.map(({ spec }) => spec.algorithm);
  const count = task.entries.length * (areSeedsWrong ? 0 : seeds);
  const limit = system.data?.limits.active_runs;
  return (
    <form
      className={styles.race}
      aria-label="Race"
      onSubmit={(event) => {
        event.preventDefault();
        if (areSeedsWrong || areStepsWrong) return;
        const group = raceName(task.environment, new Date());
        start.mutate(raceDocuments(task.entries, { group, seeds, envSteps }));
      }}
    >
      {tasks.length > 1 && (
        <ChoiceChips
          label="Task"
          chips={tasks.map(({ environment }) => ({
            value: environment,
            label: environment,
            obstacle: null,
          }))}
          value={task.environment}
          onChoose={setChosen}
        />
      )}
      <p className={styles.lead}>
        {names.join(", ")} learn {task.environment} at the same time, each with the settings of its
        preset.
      </p>
      <div className={styles.fields}>
        <TextInput
          label="Seeds"
          description={`of each mode, 1 to ${MOST_RACE_SEEDS}; three make a band`}
          inputMode="numeric"
          autoComplete="off"
          value={seedsText}
          error={areSeedsWrong ? `a whole number from 1 to ${MOST_RACE_SEEDS}` : undefined}
          onChange={(event) => setSeeds(event.currentTarget.value)}
        />
        <TextInput
          label="Env steps at most"
          description="of each run; empty: as its preset has it"
          inputMode="numeric"
          autoComplete="off"
          value={stepsText}
          error={areStepsWrong ? "a whole number from 1, or nothing" : undefined}
          onChange={(event) => setSteps(event.currentTarget.value)}
        />
        <Button
          type="submit"
          size="sm"
          variant="filled"
          leftSection={<Icon name="race" size={15} />}
          loading={start.isPending}
          disabled={lookingOn !== null}
          title={lookingOn ?? undefined}
        >
          {count > 0 ? `Race: start ${count} runs` : "Race"}
        </Button>
      </div>
      {limit !== undefined && count > limit && (
        <p className={styles.note}>
          This server trains {limit === 1 ? "one run" : `${limit} runs`} at once; the others wait in
          line, seed by seed. Seconds of runs that did not train at the same time can’t be compared
          as strictly.
        </p>
      )}
      {start.error !== null && (
        <p className={styles.error} role="alert">
          Nothing can be raced: {describeError(start.error)}
        </p>
      )}
    </form>
  );
}
