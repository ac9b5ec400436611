import { describe, expect, it } from "vitest";
import type { Checkpoint } from "../../api/types";
import { rewindText } from "./rewinding";

const checkpoint = { env_step: 1_000, abandoned: false } as Checkpoint;

describe("before a rewind", () => {
  it("says how much is left behind, and that it is kept", () => {
    const { kept } = rewindText(checkpoint, "running", 5_250);
    expect(kept).toMatch(/^The 4,250 env steps after it stay in the record/);
    expect(rewindText(checkpoint, "running", 1_000).kept).toBe("Nothing has come after it.");
  });

  it.each([
    ["running", "The run trains on from there at once."],
    ["paused", "The run stays paused there."],
    ["finished", "The run starts again from there."],
  ] as const)("says what the run does while %s", (state, sentence) => {
    expect(rewindText(checkpoint, state, 2_000).happens[1]).toBe(sentence);
  });

  it("promises a way back only where there will be one", () => {
    const undo = "A checkpoint of now is saved first: going back to it undoes this.";
    expect(rewindText(checkpoint, "running", 2_000).happens).toContain(undo);
    expect(rewindText(checkpoint, "stopped", 2_000).happens).not.toContain(undo);
  });

  it("says that an abandoned stretch comes back", () => {
    const { happens } = rewindText({ ...checkpoint, abandoned: true }, "running", 2_000);
    expect(happens).toContain("The stretch that led to this checkpoint counts again.");
  });
});
