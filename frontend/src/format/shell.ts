/** Text for a POSIX shell. */

/** One argument, quoted so that the shell changes nothing in it. */
export function quoteForShell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
