import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AlgorithmDescription } from "../../api/types";
import { readTourSearch } from "../../ui/tour-search";
import { PAGE_TEXTS } from "./page-texts";
import { tourTexts } from "./tour-texts";

const SRC = join(import.meta.dirname, "../..");

function sources(folder = SRC): string[] {
  return readdirSync(folder).flatMap((name) => {
    const full = join(folder, name);
    if (statSync(full).isDirectory()) return sources(full);
    return name.endsWith(".tsx") ? [readFileSync(full, "utf8")] : [];
  });
}

describe("what the page says of itself", () => {
  it("has a text for every part that asks for one, and no text that nothing asks for", () => {
    const asked = sources().flatMap((text) =>
      [...text.matchAll(/(?:data-explain|explain)="(\w+\.\w+)"/g)].map((match) => match[1]),
    );
    expect([...new Set(asked)].sort()).toEqual(Object.keys(PAGE_TEXTS).sort());
  });

  it("can be named by the address", () => {
    for (const key of ["all", ...Object.keys(PAGE_TEXTS), "setting.gamma"]) {
      expect(readTourSearch({ tour: key })).toEqual({ tour: key });
    }
    for (const wrong of [true, "", "metric.", "<b>", "metric.a b", ["all"]]) {
      expect(readTourSearch({ tour: wrong })).toEqual({});
    }
  });

  it("takes metrics, histograms and settings from the catalogues", () => {
    const entry = { name: "x", label: "the x", meaning: "m", guidance: "g", equation: "x^2" };
    const algorithm = { metrics: [entry], histograms: [entry], hyperparameters: [entry] };
    const texts = tourTexts([algorithm as unknown as AlgorithmDescription]);
    for (const key of ["metric.x", "histogram.x", "setting.x"]) {
      expect(texts.get(key)).toMatchObject({ title: "the x", meaning: "m", guidance: "g" });
    }
  });
});
