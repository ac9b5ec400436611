import { expect, it } from "vitest";
import { retryDelay } from "./backoff";

it("never waits less than half a second or more than twenty", () => {
  for (let failures = 0; failures < 60; failures += 1) {
    expect(retryDelay(failures, 0)).toBe(0.5);
    expect(retryDelay(failures, 0.999_999)).toBeLessThanOrEqual(20);
  }
});

it("spreads over a range that doubles with each failure until it is 20 s", () => {
  const longest = [0, 1, 2, 3, 4, 5, 6].map((failures) => retryDelay(failures, 1));
  expect(longest).toEqual([1, 2, 4, 8, 16, 20, 20]);
  expect(retryDelay(3, 0.5)).toBeCloseTo(4.25);
});
