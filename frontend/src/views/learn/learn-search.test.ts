import { describe, expect, it } from "vitest";
import { readLearnSearch } from "./learn-search";

describe("the address of the theory", () => {
  it("names a run, or none", () => {
    expect(readLearnSearch({ run: "01M8JF2MW8HS9FAFEVCXJAS3RZ" })).toEqual({
      run: "01M8JF2MW8HS9FAFEVCXJAS3RZ",
    });
    for (const nonsense of [{}, { run: 3 }, { run: "" }, { run: null }]) {
      expect(readLearnSearch(nonsense)).toEqual({});
    }
  });
});
