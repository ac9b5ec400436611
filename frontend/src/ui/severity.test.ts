import { expect, it } from "vitest";
import { gravest, toneOf } from "./severity";

it("counts good news as no trouble", () => {
  expect(gravest([{ name: "solved", severity: "info" }])).toBeNull();
  expect(
    gravest([
      { name: "solved", severity: "info" },
      { name: "policy_lag", severity: "warning" },
      { name: "slow", severity: "info" },
    ]),
  ).toBe("warning");
});

it("shows good news as such", () => {
  expect(toneOf({ name: "solved", severity: "info" })).toBe("good");
  expect(toneOf({ name: "slow", severity: "info" })).toBe("info");
});
