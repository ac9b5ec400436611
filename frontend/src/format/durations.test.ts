import { describe, expect, it } from "vitest";
import { formatAgo, formatClock, formatSpan } from "./durations";

describe("durations", () => {
  it.each([
    [0, "00:00"],
    [31.9, "00:31"],
    [725, "12:05"],
    [3723, "1:02:03"],
  ])("shows %d s on the clock as %s", (seconds, text) => {
    expect(formatClock(seconds)).toBe(text);
  });

  it.each([
    [0.31, "0.3\u00a0s"],
    [1.84, "1.8\u00a0s"],
    [31, "31\u00a0s"],
    [119, "119\u00a0s"],
    [240, "4\u00a0min"],
    [7200, "2\u00a0h"],
    [259_200, "3\u00a0d"],
  ])("writes a span of %d s as %s", (seconds, text) => {
    expect(formatSpan(seconds)).toBe(text);
  });

  it("calls the last two seconds just now", () => {
    expect(formatAgo(1.5)).toBe("just now");
    expect(formatAgo(9.7)).toBe("9\u00a0s ago");
    expect(formatAgo(12.4)).toBe("12\u00a0s ago");
  });
});
