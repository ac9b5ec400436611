/** Files that a person takes away. A refusal is thrown like any other, with the server's words. */

import { body, client } from "./client";

export type CheckpointFormat = "zip" | "onnx";

const PATHS = {
  zip: "/api/v1/runs/{run_id}/checkpoints/{checkpoint_id}/download",
  onnx: "/api/v1/runs/{run_id}/checkpoints/{checkpoint_id}/policy.onnx",
} as const;

export interface TakenFile {
  readonly name: string;
  readonly blob: Blob;
}

/** A whole file. A link would save a refusal as if it were the file, or say nothing. */
export async function fetchCheckpoint(
  runId: string,
  checkpointId: string,
  format: CheckpointFormat,
): Promise<TakenFile> {
  const blob = await body<Blob>(
    client.GET(PATHS[format], {
      params: { path: { run_id: runId, checkpoint_id: checkpointId } },
      parseAs: "blob",
    }),
  );
  return { name: `${runId}-${checkpointId}.${format}`, blob };
}

/** A film of an episode. */
export async function fetchRecording(
  runId: string,
  recordingId: string,
  format: string,
): Promise<TakenFile> {
  const blob = await body<Blob>(
    client.GET("/api/v1/runs/{run_id}/recordings/{recording_id}/download", {
      params: { path: { run_id: runId, recording_id: recordingId } },
      parseAs: "blob",
    }) as Promise<{ data?: Blob }>,
  );
  return { name: `${runId}-${recordingId}.${format}`, blob };
}
