import { expect, it } from "vitest";
import { largeHeight } from "./chart-heights";

it.each([
  [800, 304, 224],
  [500, 240, 180],
  [3_000, 600, 440],
])("in a window of %d px the large chart has %d px, or %d compactly", (windowPx, high, low) => {
  expect(largeHeight(windowPx, "comfortable")).toBe(high);
  expect(largeHeight(windowPx, "compact")).toBe(low);
});
