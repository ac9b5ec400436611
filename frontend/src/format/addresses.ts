/** Where this page and its server are: at the root of a host, or below a path that a proxy gave. */

/** `/matinee`, or nothing. The server writes it into the page; the content security policy
 * forbids `<base>`, and with good reason. */
export const PATH_PREFIX: string = readPrefix(
  typeof document === "undefined"
    ? ""
    : document.querySelector<HTMLMetaElement>('meta[name="home"]')?.content,
);

/** The prefix in what the page says of its home; of a page that no server has touched, none. */
export function readPrefix(home: string | undefined): string {
  return home?.startsWith("/") ? home.replace(/\/$/, "") : "";
}

/** What follows the host in the address of something on this server. */
export function pathTo(path: `/${string}`): string {
  return `${PATH_PREFIX}${path}`;
}

/** The address of a WebSocket of this server. */
export function socketTo(path: `/${string}`): URL {
  const url = new URL(pathTo(path), window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url;
}

/** What scripts take for the address of this server. */
export function serverAddress(): string {
  return `${window.location.origin}${PATH_PREFIX}`;
}
