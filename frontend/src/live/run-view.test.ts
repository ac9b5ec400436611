import { describe, expect, it } from "vitest";
import type { Event, Hyperparameters, Progress, Run } from "../api/types";
import {
  openRunView,
  type RunView,
  raisedAlerts,
  reduceRunView,
  reduceRunViewAll,
} from "./run-view";

const AT = "2026-01-01T00:00:00Z";
const progress = { env_steps: 0, episodes: 0, updates: 0, seconds: 0 } as Progress;
const run = { state: "created", reason: null, progress, steered: false } as Run;
const settings = {
  revision: 0,
  env_step: 0,
  items: [
    { name: "learning_rate", applied: 0.01, requested: 0.01, applied_at_env_step: 0 },
    { name: "gamma", applied: 0.99, requested: 0.9, applied_at_env_step: 5, pending: true },
  ],
} as Hyperparameters;

type Loose = { type: Event["type"] } & Record<string, unknown>;

/** Events of a run in a row, numbered from `first` on; each 100 env steps after the last. */
function numbered(list: readonly Loose[], first = 1): Event[] {
  return list.map(
    (event, i) => ({ at: AT, env_step: (first + i) * 100, seq: first + i, ...event }) as Event,
  );
}

function seen(list: readonly Loose[]): RunView {
  return reduceRunViewAll(openRunView(run, settings), numbered(list));
}

const askedRate: Loose = {
  type: "command_accepted",
  command_id: "c1",
  actor: "browser",
  action: { name: "set_hyperparameters", settings: { learning_rate: 0.001 } },
};
const changedRate: Loose = {
  type: "hyperparameters_changed",
  command_id: "c1",
  actor: "browser",
  revision: 1,
  changes: { learning_rate: { before: 0.01, after: 0.001 } },
};
const appliedRate: Loose = {
  type: "command_applied",
  command_id: "c1",
  actor: "browser",
  name: "set_hyperparameters",
  revision: 1,
};

describe("the snapshot", () => {
  it("shows what is in use and what has been asked for", () => {
    const view = openRunView(run, settings);
    expect(view.used.learning_rate).toEqual({ setting: 0.01, sinceEnvStep: 0 });
    expect(view.used.gamma).toEqual({ setting: 0.99, sinceEnvStep: 5 });
    expect(view.asked).toEqual({ gamma: { setting: 0.9, commandId: "" } });
  });
});

describe("a change of a hyperparameter", () => {
  it("is pending from the asking to the applying", () => {
    expect(seen([askedRate]).asked.learning_rate).toEqual({ setting: 0.001, commandId: "c1" });
    expect(seen([askedRate]).used.learning_rate?.setting).toBe(0.01);
    const after = seen([askedRate, changedRate, appliedRate]);
    expect(after.asked.learning_rate).toBeUndefined();
    expect(after.used.learning_rate).toEqual({ setting: 0.001, sinceEnvStep: 200 });
    expect(after.steered).toBe(true);
  });

  it("leaves one mark on the charts, with who did it", () => {
    const { marks } = seen([askedRate, changedRate, appliedRate]);
    expect(marks).toHaveLength(1);
    expect(marks[0]).toMatchObject({ kind: "tuned", envStep: 200, actor: "browser" });
    expect(marks[0]?.changes).toEqual({ learning_rate: { before: 0.01, after: 0.001 } });
  });

  it("to what is in use leaves no mark, and the run is not steered", () => {
    const view = seen([askedRate, { ...changedRate, changes: {} }, appliedRate]);
    expect(view.marks).toHaveLength(0);
    expect(view.steered).toBe(false);
    expect(view.asked.learning_rate).toBeUndefined();
  });

  it("is forgotten when it is rejected, and the reason kept", () => {
    const view = seen([
      askedRate,
      {
        type: "command_rejected",
        command_id: "c1",
        actor: "browser",
        name: "set_hyperparameters",
        reason: "no",
      },
    ]);
    expect(view.asked.learning_rate).toBeUndefined();
    expect(view.used.learning_rate?.setting).toBe(0.01);
    expect(view.commands.c1).toEqual({ state: "rejected", reason: "no" });
  });

  it("does not hide a newer wish for the same one", () => {
    const newer = { ...askedRate, command_id: "c2" };
    const view = seen([askedRate, newer, changedRate, appliedRate]);
    expect(view.asked.learning_rate?.commandId).toBe("c2");
  });
});

describe("what happens to a run", () => {
  it("is shown with its reason", () => {
    const view = seen([
      { type: "run_state_changed", state: "running", previous_state: "starting", reason: null },
      { type: "run_state_changed", state: "failed", previous_state: "running", reason: "killed" },
    ]);
    expect([view.state, view.reason]).toEqual(["failed", "killed"]);
  });

  it("keeps the reason of its last death while it lives again", () => {
    const view = seen([
      { type: "run_state_changed", state: "failed", previous_state: "running", reason: "killed" },
      { type: "run_state_changed", state: "queued", previous_state: "failed", reason: null },
      { type: "run_state_changed", state: "running", previous_state: "starting", reason: null },
    ]);
    expect([view.state, view.reason, view.lastDeath]).toEqual(["running", null, "killed"]);
  });

  it("marks commands, checkpoints and rewinds, but nothing twice", () => {
    const { marks } = seen([
      { type: "command_applied", command_id: "c", actor: "token", name: "pause", revision: 0 },
      { type: "checkpoint_saved", checkpoint_id: "k", cause: "pause", size_bytes: 1 },
      {
        type: "run_rewound",
        cause: "resume",
        actor: "server",
        checkpoint_id: "k",
        to_env_step: 1200,
        abandoned: {},
      },
      { type: "command_applied", command_id: "r", actor: "token", name: "rewind", revision: 0 },
      appliedRate,
    ]);
    expect(marks.map(({ kind, name }) => [kind, name])).toEqual([
      ["command", "pause"],
      ["checkpoint", "at a pause"],
      ["rewind", "back to step 1.20\u00a0k"],
    ]);
  });

  it("knows the thresholds of alerts after each change", () => {
    const changed = (before: number, after: number) => ({
      ...appliedRate,
      name: "set_alert_thresholds",
      threshold_changes: { slow: { before, after } },
    });
    expect(seen([changed(0.5, 0.2), appliedRate, changed(0.2, 0.3)]).thresholds).toEqual({
      slow: 0.3,
    });
  });

  it("goes into the ledger, except for what only charts need", () => {
    const view = seen([
      { type: "run_created", spec: {} },
      { type: "metrics_summarised", metrics: {}, progress: { ...progress, env_steps: 9 } },
      { type: "episodes_finished", last_episode: 3 },
      { type: "worker_status_changed", worker: 0, status: "running" },
      { type: "evaluation_finished", returns: [] },
      { type: "log_written", level: "info", message: "" },
    ]);
    expect(view.ledger.map(({ type }) => type)).toEqual([
      "run_created",
      "worker_status_changed",
      "evaluation_finished",
      "log_written",
    ]);
    expect(view.progress).toMatchObject({ env_steps: 9, episodes: 3 });
  });

  it("stays bounded however long the run is", () => {
    const logs = Array.from({ length: 3000 }, () => ({ type: "log_written" }) as const);
    expect(seen(logs).ledger).toHaveLength(1000);
    expect(seen(logs).ledger.at(-1)?.seq).toBe(3000);
  });
});

describe("events", () => {
  it("that were seen before change nothing", () => {
    const view = seen([askedRate, changedRate, appliedRate]);
    expect(reduceRunViewAll(view, numbered([askedRate, changedRate, appliedRate]))).toBe(view);
  });

  it("of an unknown kind are an error, not silently dropped", () => {
    const alien = { type: "alien", seq: 1, at: AT, env_step: 0 } as unknown as Event;
    expect(() => reduceRunView(openRunView(run, settings), alien)).toThrow("alien");
  });

  it("leave the view before them untouched", () => {
    const before = openRunView(run, settings);
    const copy = structuredClone(before);
    reduceRunViewAll(before, numbered([askedRate, changedRate]));
    expect(before).toEqual(copy);
  });
});

describe("an alert", () => {
  const raised: Loose = {
    type: "alert_raised",
    alert: "policy_lag",
    severity: "warning",
    message: "90 updates, above 25 for 3 s",
    hint: "Fewer workers.",
    value: 90,
    threshold: 25,
  };
  const cleared: Loose = { type: "alert_cleared", alert: "policy_lag", message: "2 updates" };

  it("stands until it is cleared, and is a mark on the charts", () => {
    const view = seen([raised]);
    expect(raisedAlerts(view).map(({ name, since_env_step }) => [name, since_env_step])).toEqual([
      ["policy_lag", 100],
    ]);
    expect(view.marks.map(({ kind, name }) => [kind, name])).toEqual([
      ["alert", "policy lag: 90 updates, above 25 for 3 s"],
    ]);
  });

  it("is a mark of its own kind where it is good news", () => {
    const view = seen([{ ...raised, alert: "solved", severity: "info" }]);
    expect(view.marks.map(({ kind }) => kind)).toEqual(["solved"]);
  });

  it("is kept when it is over, and can come again", () => {
    const view = seen([raised, cleared, raised]);
    expect(view.alerts.map(({ clearedAtEnvStep }) => clearedAtEnvStep)).toEqual([200, null]);
    expect(raisedAlerts(view).length).toBe(1);
    const [over, lasting] = view.alerts;
    expect([over?.value, over?.threshold]).toEqual([90, 25]);
    expect(over?.clearedAt).toEqual(expect.any(String));
    expect(lasting?.clearedAt).toBeNull();
  });
});
