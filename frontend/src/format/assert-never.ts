/** The compiler proves that this is never reached; if a newer server sends more, it says so. */
export function assertNever(value: never): never {
  throw new Error(`this page does not know ${JSON.stringify(value)}; reload it`);
}
