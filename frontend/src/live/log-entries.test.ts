import { describe, expect, it } from "vitest";
import type { Event } from "../api/types";
import { entriesOfText, entryOfEvent, filtered, merged } from "./log-entries";

const STATE =
  "2026-11-29T02:56:46.828635Z [info     ] run_state_changed              state=starting";

function texts(text: string): [string, readonly string[]][] {
  return entriesOfText(text, 0).map(({ level, lines }) => [level, lines]);
}

describe("what a process printed", () => {
  it("has the level and time of its lines", () => {
    const [entry] = entriesOfText(`${STATE}\n`, 0);
    expect(entry).toMatchObject({
      level: "info",
      at: "2026-11-29T02:56:46.828635Z",
      lines: ["run_state_changed  state=starting"],
    });
  });

  it("is taken as output where it says neither, in the order in which it came", () => {
    const entries = entriesOfText(`${STATE}\nhello from the environment\nand again\n`, 0);
    expect(entries.map(({ level, at }) => [level, at === null])).toEqual([
      ["info", false],
      ["output", true],
      ["output", true],
    ]);
    expect(entries[1]?.order).toBe(entries[0]?.order);
  });

  it("keeps a traceback together, with the exception and the words it was logged with", () => {
    const traceback = [
      "Traceback (most recent call last):",
      '  File "env.py", line 7, in step',
      "    boom()",
      "RuntimeError: the simulator broke",
    ];
    const logged = "2026-11-29T02:56:47Z [error    ] host_failed";
    expect(texts([logged, ...traceback, "after"].join("\n"))).toEqual([
      ["error", ["host_failed", ...traceback]],
      ["output", ["after"]],
    ]);
    expect(texts([...traceback, ...traceback].join("\n"))).toEqual([
      ["error", traceback],
      ["error", traceback],
    ]);
  });

  it("knows Python's own warnings", () => {
    const warning = "WARNING:py.warnings:/env.py:7: UserWarning: old";
    expect(texts(`${warning}\n  warn()\nERROR:root:x\n`)).toEqual([
      ["warning", [warning, "  warn()"]],
      ["error", ["ERROR:root:x"]],
    ]);
  });

  it("has a key for each entry, whichever page it came with", () => {
    const keys = [...entriesOfText("a\nb\n", 0), ...entriesOfText("c\n", 2)].map(({ key }) => key);
    expect(new Set(keys).size).toBe(3);
  });

  it("is plain text, whatever it looks like", () => {
    expect(texts("<img src=x onerror=alert(1)>\n")).toEqual([
      ["output", ["<img src=x onerror=alert(1)>"]],
    ]);
  });
});

describe("an event in words", () => {
  const common = { seq: 4, at: "2026-11-29T02:56:47Z", env_step: 1200 };

  it("has its level, its env step and all its lines", () => {
    const event = { ...common, type: "log_written", level: "warning", message: "a\nb\n" } as const;
    expect(entryOfEvent(event)).toMatchObject({
      level: "warning",
      envStep: 1200,
      lines: ["a", "b"],
    });
  });

  it("is told of what failed, and not of what went well", () => {
    const failed = {
      ...common,
      type: "worker_status_changed",
      worker: 1,
      status: "failed",
      error: "Traceback\nboom",
    } as const;
    expect(entryOfEvent(failed)?.lines).toEqual(["worker 1 failed", "Traceback", "boom"]);
    expect(entryOfEvent({ ...failed, status: "finished", error: null })).toBeNull();
    const state = {
      ...common,
      type: "run_state_changed",
      state: "failed",
      previous_state: "running",
      reason: "killed\nlast words",
    } as const satisfies Event;
    expect(entryOfEvent(state)?.lines).toEqual(["the run is failed: killed"]);
    expect(entryOfEvent({ ...state, state: "paused" })).toBeNull();
  });
});

describe("the log", () => {
  const event = (seq: number, at: string) => ({
    key: `event ${seq}`,
    level: "warning" as const,
    at,
    order: Date.parse(at),
    envStep: 1,
    lines: [`Event ${seq}`],
  });
  const printed = entriesOfText(
    "before any time\n2026-11-29T02:00:02Z [info] two\nunstamped\n2026-11-29T02:00:04Z [error] four\n",
    0,
  );

  it("has events and lines in one order of time", () => {
    const all = merged(
      [event(1, "2026-11-29T02:00:03Z"), event(2, "2026-11-29T02:00:09Z")],
      printed,
    );
    expect(all.map(({ lines }) => lines[0])).toEqual([
      "before any time",
      "two",
      "unstamped",
      "Event 1",
      "four",
      "Event 2",
    ]);
  });

  it("can be narrowed to what is grave, and to words in whichever case", () => {
    const all = merged([event(1, "2026-11-29T02:00:03Z")], printed);
    expect(filtered(all, "warning", "").map(({ lines }) => lines[0])).toEqual(["Event 1", "four"]);
    expect(filtered(all, "error", "").length).toBe(1);
    expect(filtered(all, "all", " EVENT ").map(({ lines }) => lines[0])).toEqual(["Event 1"]);
    expect(filtered(all, "all", "")).toBe(all);
  });
});
