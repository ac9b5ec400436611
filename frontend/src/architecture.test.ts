/** The folder rules: who may import whom, and what only one place may touch. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = import.meta.dirname;

/** Each folder may import those before it, and itself. */
const LAYERS = ["format", "statistics", "api", "live", "ui", "charts", "views"];
const GENERATED = "api/schema.gen.ts";
/** Types have no run-time weight: formats may name what they format. */
const TYPES_FOR_ALL = "api/types";

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly layer: string;
}

function sources(folder = SRC): SourceFile[] {
  return readdirSync(folder).flatMap((name) => {
    const full = join(folder, name);
    if (statSync(full).isDirectory()) return sources(full);
    const path = relative(SRC, full);
    if (!/\.tsx?$/.test(name) || path === GENERATED || name.endsWith(".test.ts")) return [];
    return [{ path, text: readFileSync(full, "utf8"), layer: path.split("/")[0] ?? "" }];
  });
}

function imports(file: SourceFile): string[] {
  return [...file.text.matchAll(/(?:from|import)\s*\(?"([^"]+)"/g)].map((match) => match[1] ?? "");
}

const files = sources();

describe("the folders", () => {
  it("import only what lies below them", () => {
    const wrong = files.flatMap((file) => {
      const own = LAYERS.indexOf(file.layer);
      if (own === -1) return [];
      return imports(file)
        .filter((name) => name.startsWith("."))
        .map((name) => relative(SRC, resolve(SRC, file.path, "..", name)))
        .filter((target) => target !== TYPES_FOR_ALL)
        .filter((target) => LAYERS.indexOf(target.split("/")[0] ?? "") > own)
        .map((target) => `${file.path} → ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it("are the ones of the architecture", () => {
    const folders = readdirSync(SRC).filter((name) => statSync(join(SRC, name)).isDirectory());
    expect(folders.sort()).toEqual([...LAYERS].sort());
  });
});

describe("one place for each of these", () => {
  it.each([
    ["uplot", /^charts\//],
    ["openapi-fetch", /^api\//],
    ["katex", /^ui\/typesetter\.ts$/],
    // It brings the typesetter with it: pages that load at once go without.
    ["../../ui/math", /^views\/learn\//],
    ["../../../ui/math", /^views\/learn\//],
  ])("%s is imported only where it belongs", (name, where) => {
    const importers = files.filter((file) =>
      imports(file).some((each) => each === name || each.startsWith(`${name}/`)),
    );
    expect(importers.length).toBeGreaterThan(0);
    expect(importers.map(({ path }) => path).filter((path) => !where.test(path))).toEqual([]);
  });

  it.each([
    ["fetch(", /\bfetch\(/, /^api\//],
    ["new WebSocket", /new WebSocket\b/, /^live\//],
    ["XMLHttpRequest", /XMLHttpRequest/, /^$/],
    ["sendBeacon", /sendBeacon/, /^$/],
  ])("%s is called only where it belongs", (_, call, where) => {
    const callers = files.filter((file) => call.test(file.text)).map(({ path }) => path);
    expect(callers.filter((path) => !where.test(path))).toEqual([]);
  });

  it("addresses on this server are made in one place: a path prefix may stand before them", () => {
    const rooted = /(?:src|href|icon)[=:]\s*\{?["'`]\/|new URL\(\s*["'`]\//;
    expect(files.filter((file) => rooted.test(file.text)).map(({ path }) => path)).toEqual([]);
  });

  it("text is always rendered as text, and no text is ever run", () => {
    const dangerous = /dangerouslySetInnerHTML|\.innerHTML|\beval\(|new Function\(|document\.write/;
    expect(files.filter((file) => dangerous.test(file.text)).map(({ path }) => path)).toEqual([]);
  });
});
