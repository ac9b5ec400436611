import { describe, expect, it } from "vitest";
import type { Setting } from "../api/types";
import { openDraft, readDraft, untilText } from "./schedule-draft";

describe("the schedule editor", () => {
  it.each<Setting>([
    0.01,
    { schedule: "cosine", from: 0.01, to: 0.001, from_env_step: null, until_env_step: 5000 },
    { schedule: "piecewise", points: [{ env_step: 10, value: 0.5 }] },
  ])("gives back the setting it was opened with", (setting) => {
    const value = typeof setting === "number" ? setting : 0.01;
    expect(readDraft(openDraft(setting, value, 0), 0)).toEqual({ setting });
  });

  it("offers a ramp from the present value that ends in the future", () => {
    const draft = openDraft(0.01, 0.01, 412_000);
    expect(readDraft({ ...draft, kind: "linear" }, 412_000)).toEqual({
      setting: {
        schedule: "linear",
        from: 0.01,
        to: 0.001,
        from_env_step: null,
        until_env_step: 512_000,
      },
    });
  });

  it("counts the env steps ahead from where the run is when it is applied", () => {
    const draft = { ...openDraft(0.01, 0.01, 412_000), kind: "linear" as const, over: "5e3" };
    expect(untilText(draft, 412_000)).toBe("417000");
    expect(readDraft(draft, 430_000)).toMatchObject({
      setting: { from: 0.01, to: 0.001, until_env_step: 435_000 },
    });
    expect(readDraft({ ...draft, over: "soon" }, 430_000)).toHaveProperty("missing");
    expect(untilText({ ...draft, over: " " }, 412_000)).toBe("512000");
  });

  it("says what is missing instead of guessing", () => {
    const draft = openDraft(0.01, 0.01, 0);
    expect(readDraft({ ...draft, from: "fast" }, 0)).toHaveProperty("missing");
    expect(readDraft({ ...draft, kind: "linear", to: "" }, 0)).toHaveProperty("missing");
    expect(readDraft({ ...draft, kind: "linear", until: "1.5" }, 0)).toHaveProperty("missing");
    expect(
      readDraft({ ...draft, kind: "piecewise", points: [{ id: 0, envStep: "x", value: "1" }] }, 0),
    ).toHaveProperty("missing");
  });

  it("puts points in order", () => {
    const points = [
      { id: 0, envStep: "200", value: "1" },
      { id: 1, envStep: "100", value: "2" },
    ];
    expect(readDraft({ ...openDraft(1, 1, 0), kind: "piecewise", points }, 0)).toEqual({
      setting: {
        schedule: "piecewise",
        points: [
          { env_step: 100, value: 2 },
          { env_step: 200, value: 1 },
        ],
      },
    });
  });
});
