import { describe, expect, it } from "vitest";
import { describeAbandoned, withGaps } from "./abandoned";

const x = new Float64Array([10, 20, 30, 40, 50]);
const y = new Float64Array([1, 2, -3, -4, 2]);

describe("a line through what was abandoned", () => {
  it("ends there, and begins anew after the rewind", () => {
    expect(withGaps([x, y], [{ begin: 20, end: 40 }])).toEqual([
      [10, 20, 30, 40, 40, 50],
      [1, 2, -3, -4, null, 2],
    ]);
  });

  it("has no gap where nothing has come after the rewind yet", () => {
    expect(withGaps([x, y], [{ begin: 40, end: 50 }])[1]).toEqual([1, 2, -3, -4, 2]);
  });

  it("has a gap for each rewind, also for two in a row", () => {
    const stretches = [
      { begin: 10, end: 25 },
      { begin: 25, end: 27 },
      { begin: 30, end: 45 },
    ];
    expect(withGaps([x, y], stretches)).toEqual([
      [10, 20, 25, 27, 30, 40, 45, 50],
      [1, 2, null, null, -3, -4, null, 2],
    ]);
  });

  it("is left as it is where nothing was abandoned", () => {
    expect(withGaps([x, y], [])[0]).toBe(x);
  });
});

it("is said in words, for people who can't see the grey", () => {
  expect(describeAbandoned([])).toBe("");
  expect(describeAbandoned([{ begin: 30_300, end: 48_100 }])).toBe(
    "; abandoned by a rewind: 30.3\u00a0k to 48.1\u00a0k",
  );
});
