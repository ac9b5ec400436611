import { expect, it } from "vitest";
import { retryDelay } from "./backoff";

it("never waits less than half a second or more than twenty", () => {
  for (let failures = 0; failures < 60; failures += 1) {
    expect(retryDelay(failures, 0)).toBe(0.5);
    expect(retryDelay(failures, 0.999_999)).toBeLessThanOrEqual(20);
  }
});

it("tries again within 2 s for half a minute, then over a range that doubles up to 20 s", () => {
  const longest = [0, 1, 2, 19, 20, 21, 22, 23, 24].map((failures) => retryDelay(failures, 1));
  expect(longest).toEqual([1, 2, 2, 2, 2, 4, 8, 16, 20]);
  expect(retryDelay(21, 0.5)).toBeCloseTo(2.25);
});
