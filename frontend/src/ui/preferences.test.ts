import { describe, expect, it } from "vitest";
import { DEFAULT_PREFERENCES, parsePreferences, writtenPreferences } from "./preferences";

describe("preferences in the browser's storage", () => {
  it("survive a round trip", () => {
    const chosen = {
      appearance: "dark",
      motion: "reduced",
      shortcuts: false,
      axis: "seconds",
      runSmoothing: 0.9,
      comparisonSmoothing: 0,
      timeUnit: "minutes",
      density: "compact",
      tellEnd: true,
      tellAlert: true,
      sound: true,
    } as const;
    expect(parsePreferences(writtenPreferences(chosen))).toEqual(chosen);
  });

  it.each([
    null,
    "",
    "{",
    "null",
    "[]",
    '"dark"',
    '{"version":1}',
    '{"version":1,"values":[]}',
    '{"version":2,"values":{"appearance":"dark"}}',
  ])("are the defaults where it holds %s", (text) => {
    expect(parsePreferences(text)).toEqual(DEFAULT_PREFERENCES);
  });

  it("keep what makes sense beside what does not, and drop what nobody knows", () => {
    const values = {
      appearance: "sepia",
      motion: "reduced",
      axis: 7,
      runSmoothing: 2,
      comparisonSmoothing: null,
      timeUnit: "hours",
      density: 3,
      tellEnd: "yes",
      sound: true,
      future: 1,
    };
    expect(parsePreferences(JSON.stringify({ version: 1, values }))).toEqual({
      ...DEFAULT_PREFERENCES,
      motion: "reduced",
      sound: true,
    });
  });
});
