/** What the page can ask of the server. Each has its twin in a script. */

import { body, client } from "./client";
import type {
  Command,
  EpisodeReport,
  ForkRequest,
  Recording,
  Run,
  RunRequest,
  Setting,
  StartFields,
} from "./types";

/** How long a command's answer may wait for the command to take effect. */
const WAIT_S = 5;

export type LifeCycleAction = "start" | "pause" | "resume" | "stop" | "abort";

const PATHS = {
  start: "/api/v1/runs/{run_id}/start",
  pause: "/api/v1/runs/{run_id}/pause",
  resume: "/api/v1/runs/{run_id}/resume",
  stop: "/api/v1/runs/{run_id}/stop",
  abort: "/api/v1/runs/{run_id}/abort",
} as const;

export function sendAction(runId: string, action: LifeCycleAction): Promise<Command> {
  return body(
    client.POST(PATHS[action], { params: { path: { run_id: runId }, query: { wait: WAIT_S } } }),
  );
}

/** Starts a run that has not been started, and does not wait until it runs: it may have to queue. */
export function requestStart(runId: string): Promise<Command> {
  return body(client.POST(PATHS.start, { params: { path: { run_id: runId } } }));
}

/** Starts a run, or lets one that has ended go on: from which checkpoint, with which budget. */
export function sendStart(runId: string, fields: StartFields): Promise<Command> {
  return body(
    client.POST(PATHS.start, {
      params: { path: { run_id: runId }, query: { wait: WAIT_S } },
      body: fields,
    }),
  );
}

export function sendStep(runId: string, updates: number): Promise<Command> {
  return body(
    client.POST("/api/v1/runs/{run_id}/step", {
      params: { path: { run_id: runId }, query: { wait: WAIT_S } },
      body: { updates },
    }),
  );
}

export function setHyperparameters(
  runId: string,
  settings: Readonly<Record<string, Setting>>,
): Promise<Command> {
  return body(
    client.PATCH("/api/v1/runs/{run_id}/hyperparameters", {
      params: { path: { run_id: runId }, query: { wait: WAIT_S } },
      body: { ...settings },
    }),
  );
}

/** Null takes a rule back to its default. */
export function setAlertThresholds(
  runId: string,
  thresholds: Readonly<Record<string, number | null>>,
): Promise<Command> {
  return body(
    client.PATCH("/api/v1/runs/{run_id}/alerts", {
      params: { path: { run_id: runId }, query: { wait: WAIT_S } },
      body: { ...thresholds },
    }),
  );
}

export function saveCheckpoint(runId: string): Promise<Command> {
  return body(
    client.POST("/api/v1/runs/{run_id}/checkpoints", {
      params: { path: { run_id: runId }, query: { wait: WAIT_S } },
      body: { pinned: true },
    }),
  );
}

export function pinCheckpoint(
  runId: string,
  checkpointId: string,
  pinned: boolean,
): Promise<Command> {
  return body(
    client.PATCH("/api/v1/runs/{run_id}/checkpoints/{checkpoint_id}", {
      params: {
        path: { run_id: runId, checkpoint_id: checkpointId },
        query: { wait: WAIT_S },
      },
      body: { pinned },
    }),
  );
}

export function sendRewind(runId: string, checkpointId: string): Promise<Command> {
  return body(
    client.POST("/api/v1/runs/{run_id}/rewind", {
      params: { path: { run_id: runId }, query: { wait: WAIT_S } },
      body: { checkpoint_id: checkpointId },
    }),
  );
}

/** Plays one episode and films it; answers when the film is ready. */
export function recordEpisode(
  runId: string,
  asked: { readonly checkpointId: string | null; readonly deterministic: boolean },
): Promise<Recording> {
  return body(
    client.POST("/api/v1/runs/{run_id}/recordings", {
      params: { path: { run_id: runId } },
      body: { checkpoint_id: asked.checkpointId, deterministic: asked.deterministic },
    }),
  );
}

export async function deleteRecording(runId: string, recordingId: string): Promise<void> {
  await client.DELETE("/api/v1/runs/{run_id}/recordings/{recording_id}", {
    params: { path: { run_id: runId, recording_id: recordingId } },
  });
}

/** Creates a run. The key makes a repeated request, after a lost answer, find the same run. */
export function createRun(request: RunRequest, idempotencyKey: string): Promise<Run> {
  return body(
    client.POST("/api/v1/runs", {
      body: request,
      headers: { "Idempotency-Key": idempotencyKey },
    }),
  );
}

/** A new run that begins where another stands or stood. The key is as for `createRun`. */
export function forkRun(runId: string, request: ForkRequest, idempotencyKey: string): Promise<Run> {
  return body(
    client.POST("/api/v1/runs/{run_id}/fork", {
      params: { path: { run_id: runId } },
      body: request,
      headers: { "Idempotency-Key": idempotencyKey },
    }),
  );
}

/** One test episode with the newest weights, actions drawn as in training. */
export function playEpisode(runId: string, signal: AbortSignal): Promise<EpisodeReport> {
  return body(
    client.POST("/api/v1/runs/{run_id}/episodes", {
      params: { path: { run_id: runId } },
      body: { deterministic: false },
      signal,
    }),
  );
}

export function renameRun(runId: string, revision: number, name: string): Promise<Run> {
  return body(
    client.PATCH("/api/v1/runs/{run_id}", {
      params: { path: { run_id: runId } },
      headers: { "If-Match": `"${revision}"` },
      body: { name },
    }),
  );
}

export async function deleteRun(runId: string): Promise<void> {
  await client.DELETE("/api/v1/runs/{run_id}", { params: { path: { run_id: runId } } });
}

/** Exchanges the server's token for a session cookie that no script can read. */
export async function logIn(token: string): Promise<void> {
  await client.POST("/login", { body: { token } });
}
