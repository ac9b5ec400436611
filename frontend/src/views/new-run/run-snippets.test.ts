import { expect, it } from "vitest";
import { runSnippets } from "./run-snippets";

const ORIGIN = "http://127.0.0.1:8000";

function texts(document: Record<string, unknown>): string[] {
  return runSnippets(document, ORIGIN).map(({ text }) => text);
}

it("starts a preset in one line on the command line", () => {
  const [curl, python, cli] = texts({ preset: "cartpole-lesson" });
  expect(curl).toContain(`-d '{"preset":"cartpole-lesson"}'`);
  expect(curl).toContain("curl -X POST http://127.0.0.1:8000/api/v1/runs");
  expect(python).toContain('matinee.create_run({"preset": "cartpole-lesson"})');
  expect(cli).toBe("matinee train --preset cartpole-lesson");
});

it("writes Python's own words for true, false and nothing", () => {
  const [, python] = texts({ preset: "p", start: false, budget: { seconds: null, env_steps: 1 } });
  expect(python).toContain('"start": False');
  expect(python).toContain('"seconds": None');
});

it("keeps a shell from touching what a person typed", () => {
  const [curl] = texts({ name: "it's $HOME `x`" });
  expect(curl).toContain(`'{"name":"it'\\''s $HOME \`x\`"}'`);
});

it("gives the command line a spec without the server's own field", () => {
  const [, , cli] = texts({ preset: "p", seed: 3, start: false });
  expect(cli).toBe('matinee train - <<\'SPEC\'\n{\n  "preset": "p",\n  "seed": 3\n}\nSPEC');
});
