import { describe, expect, it } from "vitest";
import { formatOrdinal, formatQueuePlace, formatRestarts } from "./life";

describe("places in a line", () => {
  it.each([
    [1, "1st"],
    [2, "2nd"],
    [3, "3rd"],
    [4, "4th"],
    [11, "11th"],
    [12, "12th"],
    [13, "13th"],
    [21, "21st"],
    [102, "102nd"],
    [113, "113th"],
  ])("%i is said %s", (number, text) => expect(formatOrdinal(number)).toBe(text));

  it("are counted from the front", () => {
    expect([1, 2, 3].map(formatQueuePlace)).toEqual(["next in line", "2nd in line", "3rd in line"]);
  });
});

it("says how often a run was started again", () => {
  expect([1, 2, 5].map(formatRestarts)).toEqual([
    "restarted once",
    "restarted twice",
    "restarted 5 times",
  ]);
});
