import { describe, expect, it } from "vitest";
import { numberLatex, resultLatex } from "./number-latex";

describe("a number in an equation", () => {
  it.each([
    [1, "1"],
    [0.99, "0.99"],
    [64.2983, "64.3"],
    [123.456, "123.5"],
    [-46.56, "(-46.56)"],
    [-0.00001, "0"],
  ])("%f is written %s", (value, text) => {
    expect(numberLatex(value)).toBe(text);
  });

  it("has no brackets as a result", () => {
    expect([resultLatex(-46.56), resultLatex(2)]).toEqual(["-46.56", "2"]);
  });
});
