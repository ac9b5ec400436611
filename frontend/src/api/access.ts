/** Who may come in: named tokens and links, and the end of one's own session. */

import { queryOptions } from "@tanstack/react-query";
import { body, client } from "./client";
import { setSessionState } from "./session";
import type { LoginLink, NewToken, TokenRequest } from "./types";

/** Uses and browsers come with no event. */
const REFETCH_MS = 10_000;

/** Named tokens and links, newest first, also those that have ended. */
export const tokensQuery = queryOptions({
  queryKey: ["tokens"],
  queryFn: async () => (await body(client.GET("/api/v1/tokens"))).items,
  staleTime: 0,
  refetchInterval: REFETCH_MS,
});

export function createToken(request: TokenRequest): Promise<NewToken> {
  return body(client.POST("/api/v1/tokens", { body: request }));
}

/** A link by which any number of browsers may look on, until it ends. */
export function shareLink(name: string, expiresInS: number): Promise<LoginLink> {
  return body(
    client.POST("/api/v1/login-codes", {
      body: { name, role: "viewer", expires_in_s: expiresInS },
    }),
  );
}

export async function revokeToken(tokenId: string): Promise<void> {
  await client.DELETE("/api/v1/tokens/{token_id}", { params: { path: { token_id: tokenId } } });
}

/** Ends this browser's session. */
export async function logOut(): Promise<void> {
  await client.POST("/logout");
  setSessionState("out");
}
