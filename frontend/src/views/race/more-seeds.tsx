/** More runs of one setting: a curve over one seed is an anecdote. */

import { Button, Group, TextInput } from "@mantine/core";
import { useState } from "react";
import { describeError } from "../../api/problem";
import type { Run } from "../../api/types";
import { parseNumber } from "../../format/numbers";
import { Dialog } from "../../ui/dialog";
import { useLookingOn } from "../../ui/use-looking-on";
import { MOST_RACE_SEEDS, moreSeedsDocuments } from "./race";
import { useStartTogether } from "./use-start-together";

interface MoreSeedsProps {
  /** Of one setting, oldest first; null: nothing is asked. */
  readonly runs: readonly Run[] | null;
  readonly label: string;
  readonly onClose: () => void;
  readonly onStarted: (runs: readonly Run[]) => void;
}

const DEFAULT_MORE = 2;

export function MoreSeeds({ runs, label, onClose, onStarted }: MoreSeedsProps) {
  const lookingOn = useLookingOn();
  const [text, setText] = useState(String(DEFAULT_MORE));
  const start = useStartTogether((started) => {
    onClose();
    onStarted(started);
  });
  const seeds = parseNumber(text);
  const isWrong =
    seeds === null || !Number.isInteger(seeds) || seeds < 1 || seeds > MOST_RACE_SEEDS;
  return (
    <Dialog isOpen={runs !== null} onClose={onClose} title={`More seeds of ${label}`}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isWrong || runs === null) return;
          const group = runs.at(-1)?.group ?? label.slice(0, 80);
          start.mutate(moreSeedsDocuments(runs, { group, seeds }));
        }}
      >
        <p>
          The same settings with the next seeds. They start at once, or wait in line if the server
          has no place.
        </p>
        <TextInput
          mt="sm"
          label="How many"
          inputMode="numeric"
          autoComplete="off"
          data-autofocus
          value={text}
          error={isWrong ? `a whole number from 1 to ${MOST_RACE_SEEDS}` : undefined}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {start.error !== null && <p role="alert">{describeError(start.error)}</p>}
        <Group justify="flex-end" mt="lg" gap="xs">
          <Button onClick={onClose}>Leave it</Button>
          <Button
            type="submit"
            variant="filled"
            loading={start.isPending}
            disabled={lookingOn !== null}
            title={lookingOn ?? undefined}
          >
            {isWrong ? "Start" : `Start ${seeds} ${seeds === 1 ? "run" : "runs"}`}
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}
