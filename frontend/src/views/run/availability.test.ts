import { describe, expect, it } from "vitest";
import type { RunState } from "../../api/types";
import { type RunAction, unavailableReason, unsteerableReason } from "./availability";

const STATES: readonly RunState[] = [
  "created",
  "queued",
  "starting",
  "running",
  "paused",
  "stopping",
  "finished",
  "stopped",
  "aborted",
  "failed",
  "interrupted",
];
const ACTIONS: readonly RunAction[] = [
  "start",
  "pause",
  "resume",
  "step",
  "stop",
  "abort",
  "delete",
  "save",
  "rewind",
  "fork",
];

describe("every button in every state", () => {
  it.each(STATES)("applies or says why not while %s", (state) => {
    for (const action of ACTIONS) expect(unavailableReason(action, state)).not.toBe("");
    const offers = ACTIONS.filter((action) => unavailableReason(action, state) === null);
    expect(offers).not.toEqual([]);
  });

  it.each<[RunState, RunAction[]]>([
    ["created", ["start", "stop", "abort", "delete"]],
    ["queued", ["stop", "abort"]],
    ["starting", ["stop", "abort", "save", "rewind"]],
    ["running", ["pause", "step", "stop", "abort", "save", "rewind", "fork"]],
    ["paused", ["resume", "step", "stop", "abort", "save", "rewind", "fork"]],
    ["stopping", ["abort"]],
    ["finished", ["start", "delete", "rewind", "fork"]],
    ["stopped", ["start", "delete", "rewind", "fork"]],
    ["failed", ["start", "delete", "rewind", "fork"]],
    ["interrupted", ["start", "delete", "rewind", "fork"]],
    ["aborted", ["delete", "fork"]],
  ])("offers the right ones while %s", (state, offers) => {
    expect(ACTIONS.filter((action) => unavailableReason(action, state) === null)).toEqual(offers);
  });
});

it("lets people steer exactly while a run process takes commands", () => {
  expect(STATES.filter((state) => unsteerableReason(state) === null)).toEqual([
    "starting",
    "running",
    "paused",
  ]);
});
