import { expect, it } from "vitest";
import { describeThreshold } from "./thresholds";

it.each([
  [{ side: "above", unit: "of the gain", for_s: 3 }, 0.5, "above 0.5 of the gain for 3 s"],
  [{ side: "below", unit: "", for_s: 20 }, 0, "below 0 for 20 s"],
  [{ side: "above", unit: "s", for_s: 0 }, 5, "above 5 s"],
] as const)("says of %o when it warns", (limit, threshold, words) => {
  expect(describeThreshold(limit, threshold)).toBe(words);
});
