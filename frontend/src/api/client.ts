/** The only place of the page that talks HTTP. Every refusal is thrown as an `ApiProblem`. */

import createClient, { type Middleware } from "openapi-fetch";
import { PATH_PREFIX } from "../format/addresses";
import { ApiProblem, readProblem, unreachable } from "./problem";
import type { paths } from "./schema.gen";
import { setSessionState } from "./session";

const refusals: Middleware = {
  async onResponse({ response }) {
    if (response.ok) return;
    const body: unknown = await response.json().catch(() => null);
    if (response.status === 401) setSessionState("out");
    throw readProblem(response.status, body);
  },
  onError({ error }) {
    if (error instanceof ApiProblem) return error;
    return unreachable();
  },
};

export const client = createClient<paths>({
  baseUrl: PATH_PREFIX,
  querySerializer: { array: { style: "form", explode: true } },
});
client.use(refusals);

/** The answer's body; refusals have been thrown before. */
export async function body<T>(request: Promise<{ data?: T }>): Promise<T> {
  const { data } = await request;
  if (data === undefined) {
    throw new ApiProblem("The server's answer had no content.", { status: 0, code: "no_content" });
  }
  return data;
}
