import { describe, expect, it } from "vitest";
import { pathTo, readPrefix } from "./addresses";

describe("the path below which a page lives", () => {
  it.each([
    ["/", ""],
    ["/matinee/", "/matinee"],
    ["/lab/rl/", "/lab/rl"],
    ["./", ""],
    [undefined, ""],
  ])("home %s is the prefix %j", (home, prefix) => {
    expect(readPrefix(home)).toBe(prefix);
  });

  it("is nothing at the root", () => {
    expect(pathTo("/favicon.svg")).toBe("/favicon.svg");
  });
});
