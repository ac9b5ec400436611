import { describe, expect, it } from "vitest";
import type { Event } from "../api/types";
import { type RiskyChange, riskyChangeAfter } from "./risky-change";

type Loose = { type: Event["type"] } & Record<string, unknown>;

const saved: Loose = { type: "checkpoint_saved", checkpoint_id: "k1", cause: "change" };
const changed: Loose = {
  type: "hyperparameters_changed",
  command_id: "c1",
  changes: { learning_rate: { before: 0.003, after: 0.3 } },
};
const applied: Loose = {
  type: "command_applied",
  command_id: "c1",
  name: "set_hyperparameters",
  checkpoint_id: "k1",
};
const collapsed: Loose = { type: "alert_raised", alert: "performance_collapse" };
const recovered: Loose = { type: "alert_cleared", alert: "performance_collapse" };

/** What is left of it after these events, each 100 env steps after the last. */
function remaining(...list: readonly Loose[]): RiskyChange | null {
  const events = list.map(
    (event, i) => ({ seq: i + 1, env_step: (i + 1) * 100, ...event }) as Event,
  );
  return events.reduce<RiskyChange | null>(
    (risky, event, i) =>
      riskyChangeAfter(risky, event, events.slice(0, i) as Parameters<typeof riskyChangeAfter>[2]),
    null,
  );
}

describe("a risky change", () => {
  it("leads back to the checkpoint before it", () => {
    expect(remaining(saved, changed, applied)).toEqual({
      seq: 3,
      checkpointId: "k1",
      checkpointEnvStep: 100,
      changes: changed.changes,
      collapsedSeq: null,
    });
  });

  it("may use a checkpoint that was there before, of which nothing is known here", () => {
    expect(remaining(changed, applied)?.checkpointEnvStep).toBe(200);
  });

  it("is none without a checkpoint, or if nothing changed", () => {
    expect(remaining(changed, { ...applied, checkpoint_id: null })).toBeNull();
    expect(remaining(saved, applied)).toBeNull();
    const other = { ...applied, name: "save_checkpoint" };
    expect(remaining(saved, changed, other)).toBeNull();
  });

  it("outlives a harmless one and gives way to the next risky one", () => {
    const harmless = { ...applied, command_id: "c2", checkpoint_id: null };
    expect(remaining(saved, changed, applied, harmless)?.seq).toBe(3);
    const next = { ...changed, command_id: "c3" };
    const nextApplied = { ...applied, command_id: "c3", checkpoint_id: "k3" };
    expect(remaining(saved, changed, applied, next, nextApplied)?.checkpointId).toBe("k3");
  });

  it("is over with a rewind and with its checkpoint", () => {
    expect(remaining(saved, changed, applied, { type: "run_rewound" })).toBeNull();
    const deleted = (id: string) =>
      ({ type: "checkpoints_deleted", checkpoint_ids: [id] }) as const;
    expect(remaining(saved, changed, applied, deleted("k1"))).toBeNull();
    expect(remaining(saved, changed, applied, deleted("k0"))).not.toBeNull();
  });

  it("is known to have ruined the return while that warns", () => {
    expect(remaining(saved, changed, applied, collapsed)?.collapsedSeq).toBe(4);
    expect(remaining(saved, changed, applied, collapsed, recovered)?.collapsedSeq).toBeNull();
    expect(remaining(collapsed, saved, changed, applied)?.collapsedSeq).toBeNull();
    expect(remaining(collapsed)).toBeNull();
  });
});
