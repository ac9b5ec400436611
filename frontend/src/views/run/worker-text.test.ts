import { describe, expect, it } from "vitest";
import type { WorkerThread } from "../../api/types";
import {
  absentWorkers,
  errorHeadline,
  lagText,
  roleText,
  silenceText,
  tableSummary,
  workerName,
  workersOf,
} from "./worker-text";

const THREAD: WorkerThread = {
  thread: "actor-learner-3",
  role: "actor-learner",
  worker: 3,
  process: 0,
  state: "running",
  env_steps: 1_000,
  steps_per_second: 500,
  updates: 10,
  updates_per_second: 5,
  episodes: 4,
  last_return: 12,
  policy_lag: { min: 0, mean: 1.25, max: 4 },
  silent_s: 0.01,
  usual_interval_s: 0.01,
  error: null,
  stack: null,
};

describe("a thread", () => {
  it("has its name; where one drives several, each row says whose part it is", () => {
    expect(workerName(THREAD)).toBe("actor-learner 3");
    expect(workerName({ ...THREAD, thread: "lockstep-driver", worker: 1 })).toBe(
      "worker 1 of the lockstep driver",
    );
    expect(workerName({ ...THREAD, thread: "synchronous-learner", role: "learner" })).toBe(
      "synchronous-learner",
    );
  });

  it("says how stale its updates were: least, mean and most", () => {
    expect(lagText(THREAD)).toBe("0\u00a0/\u00a01.3\u00a0/\u00a04");
    expect(lagText({ ...THREAD, policy_lag: { min: 1, mean: 1, max: 1 } })).toBe("1");
    expect(lagText({ ...THREAD, policy_lag: null })).toBe("–");
  });

  it("says what it does only where others do something else", () => {
    const optimizer = { ...THREAD, role: "optimizer" } as const;
    expect(roleText(THREAD, [THREAD, THREAD])).toBeNull();
    expect(roleText(optimizer, [THREAD, optimizer])).toBe("learns from the queue");
  });

  it("is called silent only while something is expected of it", () => {
    expect(silenceText(THREAD, "auto")).toBeNull();
    expect(silenceText({ ...THREAD, state: "hanging", silent_s: 31 }, "auto")).toBe(
      "silent for 31\u00a0s",
    );
    expect(silenceText({ ...THREAD, state: "paused", silent_s: 31 }, "auto")).toBeNull();
  });

  it("fails in one line: the last of its traceback that is no code", () => {
    const traceback =
      'Traceback (most recent call last):\n  File "env.py", line 7, in step\n    boom()\n' +
      "RuntimeError: the simulator broke\n";
    expect(errorHeadline(traceback)).toBe("RuntimeError: the simulator broke");
  });
});

describe("the table", () => {
  it("sums up states and speed", () => {
    const failed = { ...THREAD, state: "failed", steps_per_second: 0 } as const;
    const table = {
      at: "",
      env_step: 0,
      seconds: 0,
      threads: [THREAD, THREAD, failed],
      processes: [],
    };
    expect(tableSummary(table)).toBe("2 running · 1 failed · 1.00\u00a0k steps/s together");
    expect(tableSummary({ ...table, threads: [failed] })).toBe("1 failed");
  });

  it("tells who runs in which process", () => {
    const threads = [0, 1, 3, 5].map((worker) => ({ ...THREAD, worker, process: worker % 2 }));
    expect(workersOf(1, threads)).toBe("workers 1, 3 and 5");
    expect(workersOf(0, threads)).toBe("worker 0");
    expect(workersOf(2, threads)).toBe("no workers");
  });

  it("says why it is empty, in every state", () => {
    expect(absentWorkers("created")).toContain("not been started");
    expect(absentWorkers("running")).toContain("not told");
    expect(absentWorkers("failed")).toContain("ended before");
  });
});
