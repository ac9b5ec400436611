import { expect, it } from "vitest";
import { formatBytes } from "./bytes";

it("says sizes in the unit that fits, and never that nothing is there", () => {
  expect([1, 9_400, 999_000, 1_234_567].map(formatBytes)).toEqual([
    "1\u00a0kB",
    "9\u00a0kB",
    "999\u00a0kB",
    "1.2\u00a0MB",
  ]);
});
