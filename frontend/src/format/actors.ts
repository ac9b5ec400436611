/** Who asked for something, in words that go on a chart mark. */

const ACTORS: Readonly<Record<string, string>> = {
  browser: "from the browser",
  token: "from a script",
  cli: "from the terminal",
  server: "by the server",
  signal: "by a signal",
};

export function formatActor(actor: string): string {
  return ACTORS[actor] ?? `by ${actor}`;
}
