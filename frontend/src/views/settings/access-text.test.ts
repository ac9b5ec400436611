import { describe, expect, it } from "vitest";
import type { ListedToken, Me } from "../../api/types";
import {
  consequences,
  endedText,
  endText,
  identityText,
  linkName,
  linksOf,
  localOnly,
  useText,
} from "./access-text";

const NOW = Date.parse("2026-11-29T12:00:00Z");
const LAB: ListedToken = {
  id: "LAB",
  name: "lab",
  kind: "token",
  role: "operator",
  created_at: "2026-11-20T12:00:00Z",
  created_by: "browser",
  expires_at: "2027-02-27T12:00:00Z",
  revoked_at: null,
  revoked_by: null,
  made_with: null,
  works: true,
  last_used_at: null,
  sessions: 0,
};
const CLASS: ListedToken = {
  ...LAB,
  id: "CLASS",
  name: "class",
  kind: "link",
  role: "viewer",
  made_with: "LAB",
  sessions: 2,
};
const OWN: Me = { name: null, role: "admin", through: "session", expires_at: null };

describe("a token", () => {
  it("ends on a day, or soon, or never", () => {
    expect(endText(LAB, NOW)).toBe("27 Feb 2027");
    expect(endText({ expires_at: "2026-11-29T19:30:00Z" }, NOW)).toBe("in 7\u00a0h");
    expect(endText({ expires_at: null }, NOW)).toBe("never");
  });

  it("that has ended says why", () => {
    const revoked = { works: false, revoked_at: "2026-11-29T11:00:00Z", revoked_by: "cli" };
    expect(endedText(LAB, [LAB], NOW)).toBeNull();
    expect(endedText({ ...LAB, ...revoked }, [], NOW)).toBe(
      "revoked 60\u00a0min ago, from the terminal",
    );
    const expired = { ...LAB, works: false, expires_at: "2026-11-26T11:00:00Z" };
    expect(endedText(expired, [], NOW)).toBe("expired 3\u00a0d ago");
    const orphan = { ...CLASS, works: false };
    expect(endedText(orphan, [LAB], NOW)).toBe("ended with “lab”");
    expect(endedText(orphan, [], NOW)).toBe("ended with the token it was made with");
  });

  it("was last used to the minute, if that is known", () => {
    expect(useText(LAB, NOW)).toBe("no use known");
    expect(useText({ ...LAB, last_used_at: "2026-11-29T11:59:10Z" }, NOW)).toBe("just now");
    expect(useText({ ...LAB, last_used_at: "2026-11-29T11:50:00Z" }, NOW)).toBe("10\u00a0min ago");
  });
});

describe("before one is revoked", () => {
  it("the page says who is logged out and which links end, through all hands", () => {
    const grandchild = { ...CLASS, id: "MORE", name: "more", made_with: "CLASS", sessions: 1 };
    const over = { ...CLASS, id: "OVER", name: "over", works: false };
    const all = [LAB, CLASS, grandchild, over];
    expect(linksOf(LAB, all).map(({ name }) => name)).toEqual(["class", "more"]);
    expect(consequences(LAB, all, OWN)).toEqual([
      "It opens nothing any more: scripts that send it are refused.",
      "3 browsers are logged out at once, and what they follow live ends.",
      "The links “class” and “more”, made with it, end too.",
      "Runs train on, and the ledger keeps what was done with it.",
    ]);
  });

  it("whoever came in with it is told so", () => {
    const words = consequences({ ...CLASS, sessions: 1 }, [CLASS], { ...OWN, name: "class" });
    expect(words).toContain("You came in with it yourself: so this page is logged out.");
    expect(words).toContain("1 browser is logged out at once, and what it follows live ends.");
    expect(words[0]).toBe("Nobody comes in by it any more.");
    expect(consequences(LAB, [LAB], undefined)).toContain("No browser is logged in with it.");
  });
});

it("says who somebody is", () => {
  expect(identityText({ ...OWN, name: "lab" })).toBe("lab");
  expect(identityText(OWN)).toContain("own token");
  expect(identityText({ ...OWN, role: "viewer" })).toBe("a link made with the server’s own token");
});

it("proposes a name for a link that says when it was made", () => {
  expect(linkName(new Date(2026, 10, 29, 14, 5).getTime())).toBe("class of 29 Nov, 14:05");
});

it.each([
  ["localhost", true],
  ["127.0.0.1", true],
  ["[::1]", true],
  ["gpu1.example.org", false],
  ["10.0.0.7", false],
])("knows whether others can open a link to %s", (hostname, isLocal) => {
  expect(localOnly(hostname) !== null).toBe(isLocal);
});
