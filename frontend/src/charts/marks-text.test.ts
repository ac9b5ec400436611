import { expect, it } from "vitest";
import type { Mark } from "../live/run-view";
import { describeMark } from "./marks-text";

const labels = new Map([["learning_rate", "learning rate"]]);
const mark: Mark = {
  seq: 9,
  envStep: 412_345,
  kind: "tuned",
  actor: "browser",
  name: "set_hyperparameters",
  changes: { learning_rate: { before: 0.01, after: 0.001, applies: true, live_class: "live" } },
};

it("says what changed, who did it and where", () => {
  expect(describeMark(mark, labels)).toBe(
    "learning rate 0.01 → 1e-3, from the browser, at step 412\u00a0k",
  );
});

it("names every change of one command", () => {
  const gamma = {
    before: 0.99,
    after: 0.9,
    applies: true,
    live_class: "live_with_warning",
  } as const;
  const changes = { ...mark.changes, gamma };
  expect(describeMark({ ...mark, changes }, labels)).toContain("1e-3; gamma 0.99 → 0.9, from");
});

it("tells good news without alarm", () => {
  expect(describeMark({ ...mark, kind: "solved", name: "solved: 475 reached" }, labels)).toBe(
    "solved: 475 reached, at step 412\u00a0k",
  );
});

it("describes commands and checkpoints", () => {
  expect(describeMark({ ...mark, kind: "command", name: "pause", actor: "token" }, labels)).toBe(
    "pause, from a script, at step 412\u00a0k",
  );
  expect(describeMark({ ...mark, kind: "checkpoint", name: "by time" }, labels)).toBe(
    "checkpoint by time, at step 412\u00a0k",
  );
});

it("says where a rewind went", () => {
  const rewind = { ...mark, kind: "rewind", name: "back to step 9", actor: "browser" } as const;
  expect(describeMark(rewind, labels)).toBe("back to step 9, from the browser, at step 412\u00a0k");
});
