import { expect, it } from "vitest";
import { describeThreshold, hasChoice } from "./thresholds";

const asItComes = { over_updates: 0, over_env_steps: 0 };

it.each([
  [{ side: "above", unit: "of the gain", for_s: 3 }, 0.5, "above 50\u00a0% of the gain for 3 s"],
  [{ side: "above", unit: "of updates", for_s: 0 }, 0.07, "above 7\u00a0% of updates"],
  [
    { side: "below", unit: "of the range so far", for_s: 0 },
    -1,
    "below -100\u00a0% of the range so far",
  ],
  [{ side: "below", unit: "", for_s: 5, over_updates: 200 }, 0, "below 0 over 200 updates for 5 s"],
  [
    { side: "above", unit: "", for_s: 2, over_env_steps: 50 },
    1,
    "above 1 over 50 env steps for 2 s",
  ],
  [{ side: "above", unit: "s", for_s: 0 }, 5, "above 5 s"],
] as const)("says of %o when it warns", (limit, threshold, words) => {
  expect(describeThreshold({ ...asItComes, ...limit }, threshold)).toBe(words);
});

it("leaves no choice where there is no range", () => {
  expect(hasChoice({ minimum: 0.5, maximum: 0.5 })).toBe(false);
  expect(hasChoice({ minimum: 0, maximum: 0.5 })).toBe(true);
});
