import { expect, it } from "vitest";
import { describeSetting } from "./settings";

it.each([
  [0.001, "1e-3"],
  [true, "on"],
  ["per_update", "per update"],
  [
    { schedule: "linear", from: 0.4, to: 0.15, from_env_step: 0, until_env_step: 75_000 },
    "linear 0.4 → 0.15 until 75.0\u00a0k",
  ],
  [
    {
      schedule: "piecewise",
      points: [
        { env_step: 0, value: 0.01 },
        { env_step: 10, value: 0.001 },
      ],
    },
    "steps 0.01 → 1e-3",
  ],
] as const)("describes a setting", (setting, text) => {
  expect(describeSetting(structuredClone(setting) as Parameters<typeof describeSetting>[0])).toBe(
    text,
  );
});
