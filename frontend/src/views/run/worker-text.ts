/** What the table of threads says, in words. */

import type { RunState, WorkerProcess, WorkerTable, WorkerThread } from "../../api/types";
import { formatSpan, type TimeUnit } from "../../format/durations";
import { formatCount, UNIT_SPACE } from "../../format/numbers";

type WorkerState = WorkerThread["state"];

const STATE_WORDS: Readonly<Record<WorkerState, string>> = {
  starting: "starting",
  running: "running",
  paused: "paused",
  hanging: "hangs",
  finished: "finished",
  failed: "failed",
  lost: "lost with its process",
};

/** The shape and colour that a run in the like state has. */
const GLYPHS: Readonly<Record<WorkerState, RunState>> = {
  starting: "starting",
  running: "running",
  paused: "paused",
  hanging: "failed",
  finished: "finished",
  failed: "failed",
  lost: "interrupted",
};

const ROLE_WORDS: Readonly<Record<WorkerThread["role"], string>> = {
  "actor-learner": "acts, learns and pushes",
  learner: "acts in all environments and learns",
  environment: "acts; optimizers learn",
  optimizer: "learns from the queue",
  predictor: "chooses actions for many at once",
};

/** Silence that is worth a word. */
const SILENCE_S = 2;

export function workerStateWord(state: WorkerState | WorkerProcess["state"]): string {
  return STATE_WORDS[state];
}

export function workerGlyph(state: WorkerState | WorkerProcess["state"]): RunState {
  return GLYPHS[state];
}

/** Null where all do the same. */
export function roleText({ role }: WorkerThread, all: readonly WorkerThread[]): string | null {
  return all.every((other) => other.role === role) ? null : ROLE_WORDS[role];
}

/** "actor-learner 0" for a person; where one thread drives several, whose part it is. */
export function workerName({ thread, role, worker }: WorkerThread): string {
  const words = thread.replace(/-(\d+)$/, " $1");
  return role === "actor-learner" && worker !== null && !/\d$/.test(thread)
    ? `worker ${worker} of the ${words.replaceAll("-", " ")}`
    : words;
}

/** Null while it is as usual. */
export function silenceText(
  { state, silent_s: silent }: WorkerThread,
  unit: TimeUnit,
): string | null {
  const matters = state === "running" || state === "hanging";
  if (!matters || silent === null || silent < SILENCE_S) return null;
  return `silent for ${formatSpan(silent, unit)}`;
}

/** Least, mean and most. */
export function lagText({ policy_lag: lag }: WorkerThread): string {
  if (lag === null) return "–";
  if (lag.min === lag.max) return formatCount(lag.min);
  const words = [formatCount(lag.min), lag.mean.toFixed(1), formatCount(lag.max)];
  return words.join(`${UNIT_SPACE}/${UNIT_SPACE}`);
}

/** What a failure says in one line: the last of its traceback. */
export function errorHeadline(traceback: string): string {
  const lines = traceback.trimEnd().split("\n");
  return lines.findLast((line) => /^\S/.test(line)) ?? "";
}

/** How many there are of each state, and how fast they are together. */
export function tableSummary({ threads }: WorkerTable): string {
  const counts = new Map<WorkerState, number>();
  for (const { state } of threads) counts.set(state, (counts.get(state) ?? 0) + 1);
  const words = [...counts].map(([state, count]) => `${count} ${STATE_WORDS[state]}`);
  const speed = threads.reduce((sum, each) => sum + each.steps_per_second, 0);
  return [...words, ...(speed > 0 ? [`${formatCount(speed)} steps/s together`] : [])].join(" · ");
}

/** "workers 1 and 3" */
export function workersOf(process: number, threads: readonly WorkerThread[]): string {
  const workers = threads.flatMap((each) =>
    each.process === process && each.worker !== null ? [each.worker] : [],
  );
  const last = workers.at(-1);
  if (last === undefined) return "no workers";
  if (workers.length === 1) return `worker ${last}`;
  return `workers ${workers.slice(0, -1).join(", ")} and ${last}`;
}

/** Why there are no rows. */
export function absentWorkers(state: RunState): string {
  switch (state) {
    case "created":
      return "The run has not been started: there are no threads yet.";
    case "queued":
      return "The run waits for a place: there are no threads yet.";
    case "starting":
      return "The run is only just starting: its threads come next.";
    case "running":
    case "paused":
    case "stopping":
      return "The run has not told of its threads yet.";
    default:
      return "This run ended before it told of its threads, or an older Matinee recorded it.";
  }
}
