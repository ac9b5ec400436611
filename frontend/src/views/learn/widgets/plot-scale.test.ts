import { describe, expect, it } from "vitest";
import { placer } from "./plot-scale";

describe("a place", () => {
  it("maps the ends onto the ends, upside down if asked", () => {
    const place = placer([10, 20], [200, 0]);
    expect([place(10), place(15), place(20)]).toEqual([200, 100, 0]);
  });
});
