import { describe, expect, it } from "vitest";
import { AXES, axisLabel, axisPlace } from "./axes";

describe("the x axis", () => {
  it("is called after what runs along it; time after its unit", () => {
    expect(AXES.map((axis) => axisLabel(axis, "auto"))).toEqual([
      "steps",
      "time",
      "episodes",
      "updates",
    ]);
    expect(axisLabel("seconds", "minutes")).toBe("minutes");
    expect(axisLabel("env_step", "minutes")).toBe("steps");
  });

  it("says where a place on it is", () => {
    expect(axisPlace("env_step", 412_000, "minutes")).toBe("step 412\u00a0k");
    expect(axisPlace("seconds", 725, "auto")).toBe("after 12:05");
    expect(axisPlace("seconds", 725, "seconds")).toBe("after 725.0\u00a0s");
  });
});
