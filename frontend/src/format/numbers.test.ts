import { describe, expect, it } from "vitest";
import {
  formatCount,
  formatExactCount,
  formatMeasured,
  formatSetting,
  formatShare,
  parseNumber,
} from "./numbers";

describe("counts", () => {
  it.each([
    [0, "0"],
    [7, "7"],
    [999, "999"],
    [1000, "1.00\u00a0k"],
    [412_345, "412\u00a0k"],
    [999_499, "999\u00a0k"],
    [999_900, "1.00\u00a0M"],
    [1_400_000, "1.40\u00a0M"],
    [-2500, "\u22122.50\u00a0k"],
    [Number.NaN, "–"],
  ])("writes %d as %s", (value, text) => {
    expect(formatCount(value)).toBe(text);
  });

  it("keeps every digit where the number must be exact", () => {
    expect(formatExactCount(1_400_001)).toBe("1,400,001");
  });
});

describe("settings", () => {
  it.each([7e-4, 1e-7, 0.99, 0.99999, 1, 20, 2048, 1e8, 0, 0.0123456])(
    "writes %d so that typing it again gives the same number",
    (value) => {
      expect(parseNumber(formatSetting(value))).toBeCloseTo(value, 12);
    },
  );

  it("writes small numbers as people type them", () => {
    expect(formatSetting(7e-4)).toBe("7e-4");
    expect(formatSetting(0.01)).toBe("0.01");
    expect(formatSetting(1e8)).toBe("1e8");
  });
});

describe("measured values", () => {
  it.each([
    [null, "–"],
    [Number.POSITIVE_INFINITY, "–"],
    [0, "0.000"],
    [1.23456, "1.23"],
    [-45.67, "\u221245.7"],
    [475.2, "475"],
    [123_456, "123\u00a0k"],
    [0.00012, "1.2e-4"],
  ])("writes %s as %s", (value, text) => {
    expect(formatMeasured(value)).toBe(text);
  });

  it("does not claim 100 % before everything is done", () => {
    expect(formatShare(0.9999)).toBe("99\u00a0%");
    expect(formatShare(1)).toBe("100\u00a0%");
  });
});

describe("typed numbers", () => {
  it.each([
    ["3e-4", 3e-4],
    [" .5 ", 0.5],
    ["1,000,000", 1_000_000],
    ["1_000", 1000],
    ["\u22121", -1],
    ["+2.", 2],
  ])("reads %s", (text, value) => {
    expect(parseNumber(text)).toBe(value);
  });

  it.each(["", "NaN", "Infinity", "1e999", "0x10", "1/3", "alert(1)", "1 2"])(
    "refuses %s",
    (text) => {
      expect(parseNumber(text)).toBeNull();
    },
  );
});
