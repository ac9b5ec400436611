/** What the page says of tokens, links and roles. */

import type { ListedToken, Me, Role } from "../../api/types";
import { formatActor } from "../../format/actors";
import { formatAgo, formatDay, formatMinute, formatSpan } from "../../format/durations";

export const ROLES: readonly Role[] = ["viewer", "operator", "admin"];

export const ROLE_MEANINGS: Readonly<Record<Role, string>> = {
  viewer: "reads everything, follows it live, watches the agent",
  operator: "looks on, starts, steers, forks, edits and deletes runs, shares links",
  admin: "may do everything, and makes and revokes tokens",
};

const DAY_S = 86_400;
/** An end that is nearer is told as a span, and not as a day. */
const SOON_S = 2 * DAY_S;

export interface Expiry {
  /** Null: never. */
  readonly seconds: number | null;
  readonly label: string;
}

export const TOKEN_EXPIRIES: readonly Expiry[] = [
  { seconds: DAY_S, label: "1 day" },
  { seconds: 7 * DAY_S, label: "7 days" },
  { seconds: 30 * DAY_S, label: "30 days" },
  { seconds: 90 * DAY_S, label: "90 days" },
  { seconds: 365 * DAY_S, label: "1 year" },
  { seconds: null, label: "never" },
];
export const USUAL_TOKEN_EXPIRY = "90 days";

export const LINK_EXPIRIES: readonly (Expiry & { readonly seconds: number })[] = [
  { seconds: 3_600, label: "1 hour" },
  { seconds: 4 * 3_600, label: "4 hours" },
  { seconds: 8 * 3_600, label: "8 hours" },
  { seconds: DAY_S, label: "1 day" },
  { seconds: 7 * DAY_S, label: "7 days" },
  { seconds: 30 * DAY_S, label: "30 days" },
];
export const USUAL_LINK_EXPIRY = "8 hours";

/** Who somebody is to the server. */
export function identityText({ name, role }: Me): string {
  if (name !== null) return name;
  return role === "admin"
    ? "the server’s own token, or a link made with it"
    : "a link made with the server’s own token";
}

/** Of one that works: "never", "in 7 h", "2 Feb 2027". */
export function endText({ expires_at: at }: Pick<ListedToken, "expires_at">, nowMs: number) {
  if (at === null) return "never";
  const leftS = Math.max(0, (Date.parse(at) - nowMs) / 1000);
  return leftS < SOON_S ? `in ${formatSpan(leftS, "auto")}` : formatDay(at);
}

/** Why one opens nothing any more; null while it works. */
export function endedText(
  token: ListedToken,
  all: readonly ListedToken[],
  nowMs: number,
): string | null {
  if (token.works) return null;
  const { revoked_at: revoked, revoked_by: by, expires_at: expires, made_with: maker } = token;
  const ago = (at: string) => formatAgo(Math.max(0, (nowMs - Date.parse(at)) / 1000));
  if (revoked !== null)
    return `revoked ${ago(revoked)}${by === null ? "" : `, ${formatActor(by)}`}`;
  if (expires !== null && Date.parse(expires) <= nowMs) return `expired ${ago(expires)}`;
  const name = all.find(({ id }) => id === maker)?.name;
  return name === undefined ? "ended with the token it was made with" : `ended with “${name}”`;
}

/** When it was last used; it is known to the minute. */
export function useText({ last_used_at: at }: ListedToken, nowMs: number): string {
  if (at === null) return "no use known";
  const agoS = (nowMs - Date.parse(at)) / 1000;
  return agoS < 60 ? "just now" : formatAgo(agoS);
}

/** "3 browsers"; empty for none. */
export function browsersText({ sessions }: Pick<ListedToken, "sessions">): string {
  if (sessions === 0) return "";
  return sessions === 1 ? "1 browser" : `${sessions} browsers`;
}

/** Links that end with a token, however many hands they went through. */
export function linksOf(token: ListedToken, all: readonly ListedToken[]): ListedToken[] {
  const direct = all.filter(({ works, made_with: maker }) => works && maker === token.id);
  return direct.flatMap((link) => [link, ...linksOf(link, all)]);
}

/** What ends when it is revoked; a sentence each. */
export function consequences(
  token: ListedToken,
  all: readonly ListedToken[],
  me: Me | undefined,
): string[] {
  const links = linksOf(token, all);
  const names = links.map(({ name }) => `“${name}”`);
  const sessions = [token, ...links].reduce((sum, each) => sum + each.sessions, 0);
  const browsers = browsersText({ sessions });
  return [
    token.kind === "link"
      ? "Nobody comes in by it any more."
      : "It opens nothing any more: scripts that send it are refused.",
    browsers === ""
      ? "No browser is logged in with it."
      : `${browsers} ${sessions === 1 ? "is" : "are"} logged out at once, and what ${
          sessions === 1 ? "it follows" : "they follow"
        } live ends.`,
    ...(names.length === 0
      ? []
      : [
          names.length === 1
            ? `The link ${names[0]}, made with it, ends too.`
            : `The links ${names.slice(0, -1).join(", ")} and ${names.at(-1)}, made with it, end too.`,
        ]),
    // Names of those that work are unique.
    ...(me?.name === token.name
      ? ["You came in with it yourself: so this page is logged out."]
      : []),
    "Runs train on, and the ledger keeps what was done with it.",
  ];
}

/** A name that no other link of the day has. */
export function linkName(nowMs: number): string {
  const at = new Date(nowMs);
  const time = at.toLocaleTimeString("en-GB", { timeStyle: "short" });
  return `class of ${at.toLocaleDateString("en-GB", { day: "numeric", month: "short" })}, ${time}`;
}

/** "until 29 Nov 2026, 16:30", "for good" */
export function untilText(expiresAt: string | null): string {
  return expiresAt === null ? "for good" : `until ${formatMinute(expiresAt)}`;
}

/** Why nobody else can open an address; null if they may. */
export function localOnly(hostname: string): string | null {
  const isLocal =
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    /^(127\.|\[::1\]$)/.test(hostname);
  return isLocal
    ? `${hostname} is this machine alone. For others, replace it in the link by the name under which they reach this server.`
    : null;
}
