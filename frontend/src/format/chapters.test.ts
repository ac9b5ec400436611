import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CHAPTERS, chapterOf, EXPLAINED } from "./chapters";

const REFERENCE = readFileSync(join(import.meta.dirname, "../../../docs/reference.md"), "utf8");

describe("what the chapters explain", () => {
  it("has names that the catalogues have, each in one chapter", () => {
    const names = Object.values(EXPLAINED).flat();
    expect(names.filter((name) => !REFERENCE.includes(`\`${name}\``))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it("is found by name", () => {
    expect(chapterOf("gae_lambda")?.id).toBe("n-step");
    expect(chapterOf("memory_bytes")).toBeNull();
  });

  it("lies in chapters with an address of their own", () => {
    expect(new Set(CHAPTERS.map(({ id }) => id)).size).toBe(CHAPTERS.length);
  });
});
