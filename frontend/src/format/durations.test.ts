import { describe, expect, it } from "vitest";
import {
  formatAgo,
  formatClock,
  formatSpan,
  formatTrainingMoment,
  formatTrainingTime,
} from "./durations";

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
    expect(formatSpan(seconds, "auto")).toBe(text);
  });

  it.each([
    [0.31, "0.3\u00a0s", "0.01\u00a0min"],
    [9.94, "9.9\u00a0s", "0.17\u00a0min"],
    [725, "725\u00a0s", "12.1\u00a0min"],
    [7200, "7,200\u00a0s", "120\u00a0min"],
    [259_200, "259,200\u00a0s", "4,320\u00a0min"],
  ])("writes a span of %d s in one unit as %s or %s", (seconds, inSeconds, inMinutes) => {
    expect(formatSpan(seconds, "seconds")).toBe(inSeconds);
    expect(formatSpan(seconds, "minutes")).toBe(inMinutes);
  });

  it("tells no training time before it is over", () => {
    expect(formatTrainingTime(59.9, "auto")).toBe("00:59");
    expect(formatTrainingTime(59.9, "seconds")).toBe("59\u00a0s");
    expect(formatTrainingTime(59.9, "minutes")).toBe("0.9\u00a0min");
    expect(formatTrainingTime(4_000, "seconds")).toBe("4,000\u00a0s");
  });

  it("tells a moment finely while it is early, and then as a clock", () => {
    expect(formatTrainingMoment(31.24, "auto")).toBe("31.2\u00a0s");
    expect(formatTrainingMoment(725.4, "auto")).toBe("12:05");
    expect(formatTrainingMoment(725.4, "seconds")).toBe("725.4\u00a0s");
    expect(formatTrainingMoment(725.4, "minutes")).toBe("12.09\u00a0min");
  });

  it("calls the last two seconds just now", () => {
    expect(formatAgo(1.5)).toBe("just now");
    expect(formatAgo(9.7)).toBe("9\u00a0s ago");
    expect(formatAgo(12.4)).toBe("12\u00a0s ago");
  });
});
