/** Whether the server takes our requests: turns to "out" with the first 401 or 4401. */

export type SessionState = "in" | "out";

/** Why the link by which somebody came opens nothing, as the server says in the address. */
export type BadLink = "used" | "unknown";

// At once: the address is soon another one.
const arrival = new URLSearchParams(globalThis.location?.search ?? "").get("login");

export function badLink(): BadLink | null {
  return arrival === "used" || arrival === "unknown" ? arrival : null;
}

let state: SessionState = "in";
const listeners = new Set<() => void>();

export function sessionState(): SessionState {
  return state;
}

export function setSessionState(next: SessionState): void {
  if (next === state) return;
  state = next;
  for (const listener of listeners) listener();
}

export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
