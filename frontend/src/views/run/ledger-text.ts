/** What happened, in one line; null for what another line already says. */

import type { CommandApplied, RunState } from "../../api/types";
import { assertNever } from "../../format/assert-never";
import { formatBytes } from "../../format/bytes";
import { formatCause } from "../../format/causes";
import { describeChanges } from "../../format/changes";
import { isGoodNews } from "../../format/good-news";
import { formatExactCount, formatMeasured, formatSetting, UNIT_SPACE } from "../../format/numbers";
import type { CommandOutcome, LedgerEvent } from "../../live/run-view";
import { stateWord } from "../../ui/state-glyph";

export interface LedgerLine {
  readonly tone: "plain" | "person" | "good" | "warn" | "bad";
  readonly text: string;
  /** Preformatted, such as a traceback. */
  readonly detail: string | null;
  readonly actor: string | null;
}

/** By another event that says more. */
const TOLD_OTHERWISE: ReadonlySet<string> = new Set([
  "set_hyperparameters",
  "rewind",
  "pin_checkpoint",
]);

const STATE_TONES: Partial<Record<RunState, LedgerLine["tone"]>> = {
  failed: "bad",
  interrupted: "warn",
  finished: "good",
};

export function ledgerLine(
  event: LedgerEvent,
  labels: ReadonlyMap<string, string>,
  commands: Readonly<Record<string, CommandOutcome>>,
): LedgerLine | null {
  switch (event.type) {
    case "run_created":
      return line("plain", `created: ${event.spec.algorithm} on ${event.spec.environment.id}`);
    case "run_state_changed": {
      const [reason = "", ...rest] = (event.reason ?? "").split("\n");
      const text = reason === "" ? stateWord(event.state) : `${stateWord(event.state)}: ${reason}`;
      return {
        ...line(STATE_TONES[event.state] ?? "plain", text),
        detail: rest.length === 0 ? null : rest.join("\n"),
      };
    }
    case "command_accepted":
      // Shown only while it waits; then the line about its outcome says more.
      return commands[event.command_id]?.state === "accepted"
        ? { ...line("person", `${phrase(event.action.name)} asked`), actor: event.actor }
        : null;
    case "command_applied":
      return TOLD_OTHERWISE.has(event.name)
        ? null
        : { ...line("person", phrase(event.name) + thresholdText(event)), actor: event.actor };
    case "command_rejected":
      return {
        ...line("bad", `${phrase(event.name)} rejected: ${event.reason}`),
        actor: event.actor,
      };
    case "hyperparameters_changed":
      return {
        ...line("person", describeChanges(event.changes, labels)),
        actor: event.actor,
      };
    case "worker_status_changed":
      return event.status === "failed"
        ? { ...line("bad", `worker ${event.worker} failed`), detail: event.error ?? null }
        : null;
    case "worker_process_changed":
      return processLine(event);
    case "checkpoint_saved":
      // The line about the command says who asked for it.
      if (event.cause === "command") return null;
      return line(
        "plain",
        `checkpoint ${formatCause(event.cause)}, ${formatBytes(event.size_bytes)}`,
      );
    case "checkpoint_pinned":
      return {
        ...line("person", event.pinned ? "checkpoint pinned" : "checkpoint no longer pinned"),
        actor: event.actor,
      };
    case "run_rewound":
      return event.cause === "command"
        ? {
            ...line(
              "person",
              `gone back to the checkpoint at env step ${formatExactCount(event.to_env_step)}; what came after it is kept, in grey`,
            ),
            actor: event.actor,
          }
        : line(
            "warn",
            event.checkpoint_id === null
              ? "begun anew: there was no checkpoint yet"
              : `gone back to the checkpoint at env step ${formatExactCount(event.to_env_step)}: ` +
                  "what was learned after it was lost with its process",
          );
    case "evaluation_finished":
      return line(
        "plain",
        `${event.deterministic ? "greedy" : "sampled"} evaluation: ${formatMeasured(event.mean_return)} ± ` +
          `${formatMeasured(event.std_return)} over ${event.returns.length} ` +
          `${event.returns.length === 1 ? "episode" : "episodes"}`,
      );
    case "alert_raised":
      if (isGoodNews(event.alert)) return line("good", `${event.alert}: ${event.message}`);
      return line(
        event.severity === "critical" ? "bad" : "warn",
        `alert: ${phrase(event.alert)}: ${event.message}`,
      );
    case "alert_cleared":
      return line("plain", `alert over: ${phrase(event.alert)}: ${event.message}`);
    case "log_written": {
      const [first = "", ...rest] = event.message.split("\n");
      const tone = ({ info: "plain", warning: "warn", error: "bad" } as const)[event.level];
      return { ...line(tone, first), detail: rest.length === 0 ? null : rest.join("\n") };
    }
    default:
      return assertNever(event);
  }
}

function processLine(
  event: Extract<LedgerEvent, { type: "worker_process_changed" }>,
): LedgerLine | null {
  switch (event.status) {
    case "running": {
      const seconds =
        event.start_s === null ? "" : ` in ${formatMeasured(event.start_s)}${UNIT_SPACE}s`;
      return line("plain", `worker process ${event.process} came up${seconds}`);
    }
    case "failed":
      return line("bad", event.error ?? `worker process ${event.process} failed`);
    case "finished":
      return null;
    default:
      return assertNever(event.status);
  }
}

function line(tone: LedgerLine["tone"], text: string): LedgerLine {
  return { tone, text, detail: null, actor: null };
}

function phrase(command: string): string {
  return command.replaceAll("_", " ");
}

/** ": batch large 5 → 0.1" of a command that changed thresholds of alerts. */
function thresholdText({ threshold_changes: changes }: CommandApplied): string {
  const parts = Object.entries(changes ?? {}).map(
    ([name, { before, after }]) =>
      `${name.replaceAll("_", " ")} ${formatSetting(before)} → ${formatSetting(after)}`,
  );
  return parts.length === 0 ? "" : `: ${parts.join(", ")}`;
}
