/** The same run from a script: what the page is about to do, as curl, Python and command line. */

import { quoteForShell } from "../../format/shell";
import type { Snippet } from "../../ui/snippets";

export type RunDocument = Readonly<Record<string, unknown>>;

/** @param origin the server's address, such as http://127.0.0.1:8000 */
export function runSnippets(document: RunDocument, origin: string): Snippet[] {
  return [
    { name: "curl", text: curl(document, origin) },
    { name: "Python", text: python(document, origin) },
    { name: "CLI", text: commandLine(document) },
  ];
}

function curl(document: RunDocument, origin: string): string {
  return [
    `curl -X POST ${quoteForShell(`${origin}/api/v1/runs`)} \\`,
    '  -H "Authorization: Bearer $(matinee token)" \\',
    '  -H "Content-Type: application/json" \\',
    `  -d ${quoteForShell(JSON.stringify(document))}`,
  ].join("\n");
}

function python(document: RunDocument, origin: string): string {
  return [
    "import os",
    "",
    "from matinee.client import MatineeClient",
    "",
    '# export MATINEE_TOKEN="$(matinee token)"',
    `with MatineeClient(${literal(origin)}, token=os.environ["MATINEE_TOKEN"]) as matinee:`,
    `    run = matinee.create_run(${literal(document).replaceAll("\n", "\n    ")})`,
    "    print(run.id, run.state)",
  ].join("\n");
}

/** Trains in the terminal, without a server. */
function commandLine(document: RunDocument): string {
  const { preset, ...rest } = document;
  if (typeof preset === "string" && Object.keys(rest).length === 0) {
    return `matinee train --preset ${quoteForShell(preset)}`;
  }
  // "start" is for the server; a terminal starts at once.
  const { start: _start, ...spec } = document;
  return `matinee train - <<'SPEC'\n${JSON.stringify(spec, null, 2)}\nSPEC`;
}

/** A JSON value as Python writes it. */
function literal(value: unknown, indent = ""): string {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return String(value);
  const inner = `${indent}    `;
  if (Array.isArray(value)) return `[${value.map((each) => literal(each, inner)).join(", ")}]`;
  const entries = Object.entries(value as object).map(
    ([key, each]) => `${JSON.stringify(key)}: ${literal(each, inner)}`,
  );
  if (entries.length < 2) return `{${entries.join("")}}`;
  return `{\n${entries.map((entry) => `${inner}${entry},\n`).join("")}${indent}}`;
}
