/** The agent plays, live, on the newest weights or on those of any checkpoint. */

import { Button, NativeSelect } from "@mantine/core";
import { useDocumentVisibility, useInViewport, useReducedMotion } from "@mantine/hooks";
import { useState } from "react";
import type { Checkpoint, Run } from "../../api/types";
import { formatCount, formatExactCount, formatMeasured } from "../../format/numbers";
import { useAgentView } from "../../live/agent-hooks";
import { ChoiceChips } from "../../ui/choice-chips";
import { Icon } from "../../ui/icons";
import { usePreferences } from "../../ui/preferences";
import { useLookingOn } from "../../ui/use-looking-on";
import styles from "./agent.module.css";
import { ActionBars, ValueStrip } from "./agent-mind";
import { AgentPicture } from "./agent-picture";
import { absenceText, SPEEDS, speedLabel, speedOf, weightsText } from "./agent-text";
import { Recordings } from "./recordings";

const NEWEST = "newest";

interface AgentProps {
  readonly run: Run;
  /** Undefined until the list has come. */
  readonly checkpoints: readonly Checkpoint[] | undefined;
}

export function Agent({ run, checkpoints }: AgentProps) {
  const environmentId = run.environment.id;
  const { ref, inViewport } = useInViewport<HTMLElement>();
  const isVisible = useDocumentVisibility() === "visible";
  // Who wants little motion starts it by hand.
  const isSystemStill = useReducedMotion();
  const isStill = usePreferences().motion === "reduced" || isSystemStill;
  const [isWanted, setWanted] = useState(false);
  const isAllowed = isWanted || !isStill;
  const isSeen = inViewport && isVisible && isAllowed;
  const view = useAgentView(run.id, isSeen);
  const [chosen, setChosen] = useState<string | null>(null);
  const { phase, status, frame } = view;
  const isOpen = phase.name === "open" && status?.state === "playing";
  const lookingOn = useLookingOn();
  // A change of the show is one for everybody who watches it.
  const isSteered = isOpen && lookingOn === null;
  const isPaused = status?.paused === true;
  const choose = (id: string | null) => {
    setChosen(id);
    view.choose(id);
  };
  const retry = phase.name === "refused" || status?.state === "failed";
  return (
    <section ref={ref} className={styles.agent} aria-label="Agent">
      <div className={styles.left}>
        <AgentPicture
          view={view}
          environmentId={environmentId}
          frame={frame}
          absence={isAllowed ? absenceText(phase, status, frame) : "Press Watch to see it play."}
          isStale={!isOpen}
        />
        <fieldset className={styles.controls}>
          <legend className="visually-hidden">Control of what is watched</legend>
          {!isAllowed ? (
            <Button
              size="compact-sm"
              leftSection={<Icon name="play" size={13} />}
              onClick={() => setWanted(true)}
            >
              Watch
            </Button>
          ) : retry ? (
            <Button
              size="compact-sm"
              leftSection={<Icon name="reset" size={13} />}
              onClick={() => {
                view.close();
                view.open();
              }}
            >
              Try again
            </Button>
          ) : (
            <Button
              size="compact-sm"
              className={styles.play}
              leftSection={<Icon name={isPaused ? "play" : "pause"} size={13} />}
              aria-disabled={!isSteered}
              data-off={!isSteered || undefined}
              title={lookingOn ?? undefined}
              onClick={() => isSteered && view.set({ paused: !isPaused })}
            >
              {isPaused ? "Play" : "Pause"}
            </Button>
          )}
          <Button
            size="compact-sm"
            leftSection={<Icon name="step" size={13} />}
            aria-disabled={!isSteered}
            data-off={!isSteered || undefined}
            title={lookingOn ?? "One step; pauses first"}
            onClick={() => {
              if (!isSteered) return;
              if (!isPaused) view.set({ paused: true });
              view.step();
            }}
          >
            One step
          </Button>
          <ChoiceChips
            label="Speed"
            chips={SPEEDS.map((value) => ({
              value,
              label: speedLabel(value),
              obstacle: lookingOn,
            }))}
            value={speedOf(status)}
            onChoose={(value) => view.set({ speed: value === "max" ? value : Number(value) })}
          />
        </fieldset>
        <div className={styles.choices}>
          <NativeSelect
            size="xs"
            label="Weights"
            value={chosen ?? NEWEST}
            onChange={({ currentTarget: { value } }) => choose(value === NEWEST ? null : value)}
            data={[
              { value: NEWEST, label: "newest" },
              ...(checkpoints ?? []).map((checkpoint) => ({
                value: checkpoint.id,
                label: checkpointLabel(checkpoint),
              })),
            ]}
          />
          <NativeSelect
            size="xs"
            label="Actions"
            disabled={lookingOn !== null}
            value={status?.deterministic === false ? "sampled" : "greedy"}
            onChange={({ currentTarget: { value } }) =>
              view.set({ deterministic: value === "greedy" })
            }
            data={[
              { value: "greedy", label: "most probable" },
              { value: "sampled", label: "drawn, as in training" },
            ]}
          />
        </div>
        {status !== null && status.watchers > 1 && (
          <p className={styles.note}>
            {status.watchers} watch this policy, and share its speed and pause.
          </p>
        )}
      </div>
      <Recordings
        runId={run.id}
        checkpointId={chosen}
        deterministic={status?.deterministic !== false}
      />
      <div className={styles.right}>
        <dl className={styles.figures}>
          <Figure label="episode" value={frame === null ? "–" : formatExactCount(frame.episode)} />
          <Figure label="step" value={frame === null ? "–" : formatExactCount(frame.length)} />
          <Figure label="return" value={formatMeasured(frame?.return)} />
          <Figure label="reward" value={formatMeasured(frame?.reward)} />
          <Figure label="last return" value={formatMeasured(frame?.last_return)} />
          <Figure
            label="weights"
            value={weightsText(frame, status)}
            title={frame === null ? undefined : `env step ${formatExactCount(frame.env_step)}`}
          />
        </dl>
        <ActionBars environmentId={environmentId} frame={frame} />
        <ValueStrip points={view.trail.points} value={frame?.value ?? null} />
      </div>
    </section>
  );
}

function Figure(props: {
  readonly label: string;
  readonly value: string;
  readonly title?: string | undefined;
}) {
  return (
    <div title={props.title}>
      <dt>{props.label}</dt>
      <dd>{props.value}</dd>
    </div>
  );
}

function checkpointLabel(checkpoint: Checkpoint): string {
  const notes = [
    checkpoint.is_best ? "best" : null,
    checkpoint.pinned ? "pinned" : null,
    checkpoint.abandoned ? "abandoned" : null,
  ].filter((note) => note !== null);
  return [`step ${formatCount(checkpoint.env_step)}`, ...notes].join(" · ");
}
