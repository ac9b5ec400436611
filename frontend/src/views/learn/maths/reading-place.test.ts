import { describe, expect, it } from "vitest";
import { currentChapter } from "./reading-place";

describe("the current chapter", () => {
  it.each([
    ["above all of them", [50, 900, 1800], 0],
    ["in the first", [-10, 900, 1800], 0],
    ["as soon as the next reaches the line", [-800, 100, 1000], 1],
    ["in the last", [-2000, -900, -10], 2],
  ])("is found %s", (_, tops, expected) => {
    expect(currentChapter(tops, 100, false)).toBe(expected);
  });

  it("is the last one at the end of the page, however short it is", () => {
    expect(currentChapter([-2000, -900, 500], 100, true)).toBe(2);
  });
});
