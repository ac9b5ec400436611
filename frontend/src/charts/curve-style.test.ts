import { describe, expect, it } from "vitest";
import { allotIndexes, curveStyle } from "./curve-style";

describe("styles of curves", () => {
  it("32 curves look different, and neighbours in hue and in dash", () => {
    const styles = Array.from({ length: 32 }, (_, i) => curveStyle(i));
    expect(new Set(styles.map((style) => JSON.stringify(style))).size).toBe(32);
    for (let i = 1; i < styles.length; i += 1) {
      expect(styles[i]?.hue).not.toBe(styles[i - 1]?.hue);
      if (i % 8 !== 0) expect(styles[i]?.dash).not.toEqual(styles[i - 1]?.dash);
    }
  });

  it("a curve keeps its style whoever comes or goes", () => {
    const first = allotIndexes(new Map(), ["a", "b", "c"]);
    expect([...first]).toEqual([
      ["a", 0],
      ["b", 1],
      ["c", 2],
    ]);
    const second = allotIndexes(first, ["new", "c", "a"]);
    expect(second.get("a")).toBe(0);
    expect(second.get("c")).toBe(2);
    expect(second.get("new")).toBe(1);
  });
});
