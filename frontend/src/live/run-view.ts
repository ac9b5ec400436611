/** What the page knows of a run, as a pure function of the events it has seen. */

import type {
  AlertCleared,
  AlertRaised,
  CheckpointsDeleted,
  Command,
  CommandApplied,
  EpisodesFinished,
  Event,
  HistogramsCounted,
  HyperparameterChange,
  Hyperparameters,
  MetricsSummarised,
  Progress,
  RaisedAlert,
  Run,
  RunState,
  Setting,
} from "../api/types";
import { assertNever } from "../format/assert-never";
import { formatCause } from "../format/causes";
import { isGoodNews } from "../format/good-news";
import { formatCount } from "../format/numbers";
import { type RiskyChange, riskyChangeAfter } from "./risky-change";

/** Events that people read one by one; the others are for charts. */
export type LedgerEvent = Exclude<
  Event,
  EpisodesFinished | MetricsSummarised | HistogramsCounted | CheckpointsDeleted
>;

export interface UsedSetting {
  readonly setting: Setting;
  readonly sinceEnvStep: number;
}

export interface AskedSetting {
  readonly setting: Setting;
  readonly commandId: string;
}

/** Something that happened at one point of every chart. */
export interface Mark {
  readonly seq: number;
  readonly envStep: number;
  readonly kind: "tuned" | "command" | "rewind" | "checkpoint" | "alert" | "solved";
  readonly actor: string;
  readonly changes: Readonly<Record<string, HyperparameterChange>>;
  /** Name of the command, where it went back to, what caused the checkpoint, or what the alert says. */
  readonly name: string;
}

export interface CommandOutcome {
  readonly state: "accepted" | "applied" | "rejected";
  readonly reason: string | null;
}

/** An alert as the page shows it: with what to try. */
export interface ShownAlert extends Readonly<RaisedAlert> {
  readonly hint: string;
  /** What was found, and the threshold that it was on the wrong side of. */
  readonly value: number;
  readonly threshold: number;
  /** When it was over; null while it lasts. */
  readonly clearedAtEnvStep: number | null;
  readonly clearedAt: string | null;
}

export interface RunView {
  /** The newest event in this view. */
  readonly cursor: number;
  readonly state: RunState;
  readonly reason: string | null;
  /** Why it last failed or was interrupted; null if it never was. */
  readonly lastDeath: string | null;
  readonly progress: Progress;
  readonly steered: boolean;
  readonly used: Readonly<Record<string, UsedSetting>>;
  /** Asked for and not yet in use. */
  readonly asked: Readonly<Record<string, AskedSetting>>;
  readonly commands: Readonly<Record<string, CommandOutcome>>;
  /** Oldest first; those that are over among them. */
  readonly alerts: readonly ShownAlert[];
  /** Of alerts, by rule; one that is missing has its default. */
  readonly thresholds: Readonly<Record<string, number>>;
  readonly marks: readonly Mark[];
  readonly ledger: readonly LedgerEvent[];
  /** Null: there was none, or it can't be taken back any more. */
  readonly riskyChange: RiskyChange | null;
  /** The newest event after which the list of checkpoints is another one. */
  readonly checkpointsSeq: number;
  /** When the newest event was recorded. */
  readonly lastEventAt: string | null;
}

/** More entries than anybody reads; older ones stay in the run's record. */
const LEDGER_MAX = 1_000;
const ALERTS_MAX = 100;
const CHANGE_CHECKPOINTS: ReadonlySet<Event["type"]> = new Set([
  "checkpoint_saved",
  "checkpoint_pinned",
  "checkpoints_deleted",
  "run_rewound",
]);
/** Commands that other events tell of. */
const EVENTS_OF_THEIR_OWN: ReadonlySet<string> = new Set([
  "set_hyperparameters",
  "rewind",
  "pin_checkpoint",
]);
const DEATHS: ReadonlySet<RunState> = new Set(["failed", "interrupted"]);

export function openRunView(run: Run, hyperparameters: Hyperparameters): RunView {
  const used: Record<string, UsedSetting> = {};
  const asked: Record<string, AskedSetting> = {};
  for (const item of hyperparameters.items) {
    used[item.name] = { setting: item.applied, sinceEnvStep: item.applied_at_env_step };
    if (item.pending) asked[item.name] = { setting: item.requested, commandId: "" };
  }
  return {
    cursor: 0,
    state: run.state,
    reason: run.reason,
    lastDeath: null,
    progress: run.progress,
    steered: run.steered,
    used,
    asked,
    commands: {},
    alerts: [],
    thresholds: run.alert_thresholds,
    marks: [],
    ledger: [],
    riskyChange: null,
    checkpointsSeq: 0,
    lastEventAt: null,
  };
}

function thresholdsAfter(
  thresholds: RunView["thresholds"],
  { threshold_changes: changes }: CommandApplied,
): RunView["thresholds"] {
  const changed = Object.entries(changes ?? {}).map(([name, { after }]) => [name, after] as const);
  return changed.length === 0 ? thresholds : { ...thresholds, ...Object.fromEntries(changed) };
}

/** The view after one more event. Events that it has already seen change nothing. */
export function reduceRunView(view: RunView, event: Event): RunView {
  if (event.seq <= view.cursor) return view;
  const next: RunView = {
    ...view,
    cursor: event.seq,
    lastEventAt: event.at,
    riskyChange: riskyChangeAfter(view.riskyChange, event, view.ledger),
    checkpointsSeq: CHANGE_CHECKPOINTS.has(event.type) ? event.seq : view.checkpointsSeq,
  };
  switch (event.type) {
    case "run_created":
    case "worker_status_changed":
    case "worker_process_changed":
    case "evaluation_finished":
    case "checkpoint_pinned":
    case "log_written":
      return recorded(next, event);
    case "run_state_changed":
      return recorded(
        {
          ...next,
          state: event.state,
          reason: event.reason ?? null,
          lastDeath: DEATHS.has(event.state) ? (event.reason ?? null) : next.lastDeath,
        },
        event,
      );
    case "command_accepted":
      return recorded(
        {
          ...next,
          commands: { ...next.commands, [event.command_id]: { state: "accepted", reason: null } },
          asked: { ...next.asked, ...askedBy(event.command_id, event.action) },
        },
        event,
      );
    case "command_applied":
      return recorded(
        marked(
          {
            ...next,
            commands: { ...next.commands, [event.command_id]: { state: "applied", reason: null } },
            thresholds: thresholdsAfter(next.thresholds, event),
            asked: withoutCommand(next.asked, event.command_id),
          },
          EVENTS_OF_THEIR_OWN.has(event.name)
            ? null
            : {
                ...markOf(event),
                kind: "command",
                actor: event.actor,
                name: event.name.replaceAll("_", " "),
              },
        ),
        event,
      );
    case "command_rejected":
      return recorded(
        {
          ...next,
          commands: {
            ...next.commands,
            [event.command_id]: { state: "rejected", reason: event.reason },
          },
          asked: withoutCommand(next.asked, event.command_id),
        },
        event,
      );
    case "hyperparameters_changed":
      // Somebody asked for what is in use already.
      if (Object.keys(event.changes).length === 0) return recorded(next, event);
      return recorded(
        marked(
          {
            ...next,
            steered: true,
            used: { ...next.used, ...usedAfter(event.changes, event.env_step) },
            asked: withoutApplied(next.asked, event.changes, event.command_id),
          },
          {
            ...markOf(event),
            kind: "tuned",
            actor: event.actor,
            name: "set_hyperparameters",
            changes: event.changes,
          },
        ),
        event,
      );
    case "checkpoint_saved":
      return recorded(
        marked(next, {
          ...markOf(event),
          kind: "checkpoint",
          actor: "server",
          name: formatCause(event.cause),
        }),
        event,
      );
    case "run_rewound":
      return recorded(
        marked(next, {
          ...markOf(event),
          kind: "rewind",
          actor: event.actor,
          name:
            event.checkpoint_id === null
              ? "begun anew"
              : `back to step ${formatCount(event.to_env_step)}`,
        }),
        event,
      );
    case "alert_raised":
      return recorded(
        marked(
          { ...next, alerts: [...next.alerts, alertOf(event)].slice(-ALERTS_MAX) },
          {
            ...markOf(event),
            kind: isGoodNews(event.alert) ? "solved" : "alert",
            actor: "server",
            name: `${event.alert.replaceAll("_", " ")}: ${event.message}`,
          },
        ),
        event,
      );
    case "alert_cleared":
      return recorded({ ...next, alerts: withCleared(next.alerts, event) }, event);
    case "metrics_summarised":
      return { ...next, progress: event.progress };
    case "episodes_finished":
      return { ...next, progress: { ...next.progress, episodes: event.last_episode } };
    case "histograms_counted":
    case "checkpoints_deleted":
      return next;
    default:
      return assertNever(event);
  }
}

/** What warns now. */
export function raisedAlerts(view: RunView): readonly ShownAlert[] {
  return view.alerts.filter(({ clearedAtEnvStep }) => clearedAtEnvStep === null);
}

/** Several events at once. */
export function reduceRunViewAll(view: RunView, events: readonly Event[]): RunView {
  return events.reduce(reduceRunView, view);
}

function recorded(view: RunView, event: LedgerEvent): RunView {
  return { ...view, ledger: [...view.ledger, event].slice(-LEDGER_MAX) };
}

function marked(view: RunView, mark: Mark | null): RunView {
  return mark === null ? view : { ...view, marks: [...view.marks, mark] };
}

function markOf(event: Event): Pick<Mark, "seq" | "envStep" | "changes"> {
  return { seq: event.seq, envStep: event.env_step, changes: {} };
}

function alertOf(event: AlertRaised): ShownAlert {
  return {
    name: event.alert,
    severity: event.severity,
    message: event.message,
    hint: event.hint,
    raised_at: event.at,
    since_env_step: event.env_step,
    value: event.value,
    threshold: event.threshold,
    clearedAtEnvStep: null,
    clearedAt: null,
  };
}

function withCleared(
  alerts: readonly ShownAlert[],
  { alert: name, env_step: envStep, at }: AlertCleared,
): readonly ShownAlert[] {
  return alerts.map((alert) =>
    alert.name === name && alert.clearedAtEnvStep === null
      ? { ...alert, clearedAtEnvStep: envStep, clearedAt: at }
      : alert,
  );
}

function askedBy(commandId: string, action: Command["action"]): Record<string, AskedSetting> {
  if (action.name !== "set_hyperparameters") return {};
  return Object.fromEntries(
    Object.entries(action.settings).map(([name, setting]) => [name, { setting, commandId }]),
  );
}

function usedAfter(
  changes: Readonly<Record<string, HyperparameterChange>>,
  sinceEnvStep: number,
): Record<string, UsedSetting> {
  return Object.fromEntries(
    Object.entries(changes).map(([name, change]) => [
      name,
      { setting: change.after, sinceEnvStep },
    ]),
  );
}

type Asked = Readonly<Record<string, AskedSetting>>;

function withoutCommand(asked: Asked, commandId: string): Asked {
  return Object.fromEntries(
    Object.entries(asked).filter(([, entry]) => entry.commandId !== commandId),
  );
}

/** A newer wish for the same hyperparameter stays; the one that was just fulfilled goes. */
function withoutApplied(
  asked: Asked,
  changes: Readonly<Record<string, HyperparameterChange>>,
  commandId: string | null,
): Asked {
  return Object.fromEntries(
    Object.entries(asked).filter(
      ([name, entry]) =>
        !(name in changes) || (entry.commandId !== "" && entry.commandId !== commandId),
    ),
  );
}
