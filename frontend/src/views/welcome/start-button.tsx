/** One click, and something learns: the first preset. */

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { describeError } from "../../api/problem";
import { presetsQuery } from "../../api/queries";
import type { Run } from "../../api/types";
import { Icon } from "../../ui/icons";
import { useLookingOn } from "../../ui/use-looking-on";
import { useCreateRuns } from "../new-run/use-create-runs";

/** What starts where the server's presets are not known. */
const FALLBACK = "cartpole-lesson";

export function useStart(onStarted?: (run: Run) => void) {
  const presets = useQuery(presetsQuery);
  const create = useCreateRuns(onStarted);
  const document = { preset: presets.data?.[0]?.name ?? FALLBACK };
  const error = create.error ?? presets.error;
  return {
    document,
    isReady: !presets.isPending,
    isStarting: create.isPending,
    error: error === null ? null : describeError(error),
    start: () => create.mutate([document]),
  };
}

interface StartButtonProps {
  readonly size: "sm" | "lg";
  readonly starting: Pick<ReturnType<typeof useStart>, "isStarting" | "start">;
}

export function StartButton({ size, starting }: StartButtonProps) {
  const lookingOn = useLookingOn();
  return (
    <Button
      size={size}
      variant="filled"
      leftSection={<Icon name="play" size={size === "lg" ? 18 : 14} />}
      loading={starting.isStarting}
      disabled={lookingOn !== null}
      title={lookingOn ?? undefined}
      onClick={starting.start}
    >
      Start CartPole
    </Button>
  );
}
