import { describe, expect, it } from "vitest";
import type { LogEntry } from "../../live/log-entries";
import { highlighted, logRows, logText, placeOf, rowsInSight } from "./log-rows";

const ENTRY: LogEntry = {
  key: "event 1",
  level: "error",
  at: "2026-11-29T02:56:47Z",
  order: 0,
  envStep: 1_234,
  lines: ["worker 1 failed", "", "  abcdefghijk"],
};

describe("rows", () => {
  it("hold every character, and break where the window ends", () => {
    const rows = logRows([ENTRY], 10, { withHeads: false });
    expect(rows.map(({ text }) => text)).toEqual(["worker 1 f", "ailed", "", "  abcdefgh", "ijk"]);
    expect(rows.map(({ entry }) => entry !== null)).toEqual([true, false, false, false, false]);
    expect(new Set(rows.map(({ key }) => key)).size).toBe(5);
  });

  it("have a head with the time where there is no room beside it", () => {
    const rows = logRows([ENTRY, { ...ENTRY, key: "line 2", at: null }], 80, { withHeads: true });
    expect(rows.map(({ isHead }) => isHead)).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
      false,
    ]);
    expect(rows[0]?.entry).toBe(ENTRY);
  });

  it("never tear a character, and never get stuck in a window that is too small", () => {
    const rows = logRows([{ ...ENTRY, lines: ["😀😀"] }], 0, { withHeads: false });
    expect(rows.map(({ text }) => text)).toEqual(["😀", "😀"]);
  });

  it("are drawn only in sight, however many there are", () => {
    const sight = rowsInSight(1_000_000, { top: 2_000, height: 400, rowHeight: 20 });
    expect(sight).toEqual({ first: 80, end: 140 });
    expect(rowsInSight(5, { top: 0, height: 400, rowHeight: 20 })).toEqual({ first: 0, end: 5 });
    expect(rowsInSight(5, { top: 9_999, height: 400, rowHeight: 20 })).toEqual({
      first: 5,
      end: 5,
    });
  });
});

describe("words that were looked for", () => {
  it("are marked wherever they are, and nothing is lost", () => {
    const parts = highlighted("Fail, failed, FAIL", "fail");
    expect(parts.filter(({ isMatch }) => isMatch).map(({ text }) => text)).toEqual([
      "Fail",
      "fail",
      "FAIL",
    ]);
    expect(parts.map(({ text }) => text).join("")).toBe("Fail, failed, FAIL");
  });

  it("are words, not a pattern", () => {
    expect(highlighted("a.b", ".").filter(({ isMatch }) => isMatch).length).toBe(1);
    expect(highlighted("", "x")).toEqual([{ text: "", isMatch: false }]);
  });

  it("are not marked where case changes lengths", () => {
    expect(highlighted("İx", "x")).toEqual([{ text: "İx", isMatch: false }]);
  });
});

describe("an entry", () => {
  it("says when and at which env step", () => {
    expect(placeOf(ENTRY).step).toBe("1.23\u00a0k");
    expect(placeOf(ENTRY).title).toContain("env step 1,234");
    expect(placeOf({ ...ENTRY, at: null, envStep: null })).toEqual({
      time: "",
      step: "",
      title: "printed without a time",
    });
  });

  it("is copied with its exact time, and as it is", () => {
    const printed = { ...ENTRY, level: "output", at: null, envStep: null, lines: ["x"] } as const;
    expect(logText([ENTRY, printed])).toBe(
      "2026-11-29T02:56:47Z [error] (env step 1234) worker 1 failed\n\n  abcdefghijk\nx",
    );
  });
});
