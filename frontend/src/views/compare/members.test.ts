import { describe, expect, it } from "vitest";
import type { Run } from "../../api/types";
import { chooseMembers } from "./members";

function runOf(id: string, seed: number, parts: Partial<Run> = {}): Run {
  return {
    id,
    seed,
    state: "finished",
    steered: false,
    parent: null,
    progress: { episodes: 10 },
    ...parts,
  } as unknown as Run;
}

const NOBODY: ReadonlySet<string> = new Set();
const seen = (runs: readonly Run[], choice: Partial<Parameters<typeof chooseMembers>[1]> = {}) => {
  const { counted, leftOut } = chooseMembers(runs, {
    withSteered: false,
    without: NOBODY,
    ...choice,
  });
  return [
    counted.map(({ id }) => id).join(" "),
    leftOut.map(({ run, reason }) => `${run.id} ${reason}`).join(", "),
  ];
};

describe("who counts for a mean", () => {
  const fork = { parent: { run_id: "x" } } as Partial<Run>;

  it("leaves steered runs and forks out, and says so; on purpose they are in", () => {
    const runs = [runOf("a", 1), runOf("b", 2, { steered: true }), runOf("c", 3, fork)];
    expect(seen(runs)).toEqual(["a", "b steered, c forked"]);
    expect(seen(runs, { withSteered: true })).toEqual(["a b c", ""]);
  });

  it("counts each seed once: the newest run of it", () => {
    const runs = [runOf("old", 1), runOf("b", 2), runOf("new", 1)];
    expect(seen(runs)).toEqual(["new b", "old repeated"]);
    // If the newest does not count, the one before does.
    expect(seen(runs, { without: new Set(["new"]) })).toEqual(["old b", "new hidden"]);
  });

  it("does not wait for a run that ended with nothing, but for one that will begin", () => {
    const nothing = { progress: { episodes: 0 } } as Partial<Run>;
    const failed = runOf("a", 1, { ...nothing, state: "failed" });
    const queued = runOf("b", 2, { ...nothing, state: "queued" });
    expect(seen([failed, queued])).toEqual(["b", "a empty"]);
  });

  it("shows a run that stands alone although it was steered: it is mixed with nothing", () => {
    expect(seen([runOf("a", 1, { steered: true })])).toEqual(["a", ""]);
    expect(seen([runOf("a", 1)], { without: new Set(["a"]) })).toEqual(["", "a hidden"]);
  });
});
