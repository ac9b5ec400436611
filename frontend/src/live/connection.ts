/**
 * The page's one WebSocket: subscribes to runs, resumes each by its cursor, comes back by itself.
 *
 * A run's listener sees every event once and in order, whatever happens to the connection.
 */

import type { ClientFrame, Event, ServerFrame } from "../api/types";
import { assertNever } from "../format/assert-never";
import { retryDelay } from "./backoff";

export type ConnectionState =
  | { readonly phase: "idle" }
  | { readonly phase: "connecting" }
  | { readonly phase: "open" }
  /** Lost; tries again at this moment (`Date.now()` milliseconds). */
  | { readonly phase: "waiting"; readonly retryAtMs: number }
  /** The server wants a login first. */
  | { readonly phase: "refused" };

export interface RunListener {
  onEvents(events: readonly Event[]): void;
  /** The cursor is worth nothing any more: take a fresh snapshot, then subscribe again. */
  onResync(): void;
}

/** What the connection needs from the browser. */
export interface ConnectionHost {
  open(): WebSocket;
  now(): number;
  random(): number;
  setTimer(work: () => void, delayMs: number): number;
  clearTimer(timer: number): void;
  /** The session is no longer valid. */
  onLoginNeeded(): void;
}

interface Subscription {
  cursor: number;
  /** Of the run's record; null until the server has said it. */
  epoch: string | null;
  /** A gap was seen and the stretch asked for again, once. */
  mendingFrom: number | null;
  readonly listener: RunListener;
}

const LOGIN_NEEDED = 4401;
/** The server ticks every few seconds when it has nothing to say; longer silence is a dead line. */
const SILENCE_MAX_MS = 30_000;
/** An attempt without an answer is begun anew: the network asks again ever more seldom. */
const ATTEMPT_MAX_MS = 10_000;
const WATCH_MS = 5_000;

export class Connection {
  readonly #host: ConnectionHost;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #listeners = new Set<() => void>();
  #socket: WebSocket | null = null;
  #greeted = false;
  #state: ConnectionState = { phase: "idle" };
  #failures = 0;
  #timer: number | null = null;
  #watch: number | null = null;
  #lastFrameMs = 0;
  #lastEventMs: number | null = null;
  #firstVersion: string | null = null;
  #serverVersion: string | null = null;

  constructor(host: ConnectionHost) {
    this.#host = host;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** When the last event arrived, of any run (`Date.now()` milliseconds). */
  get lastEventMs(): number | null {
    return this.#lastEventMs;
  }

  /** No attempt has succeeded since the line was lost. */
  get hasFailed(): boolean {
    return this.#failures > 0;
  }

  /** The server has been replaced by another version since this page was loaded. */
  get isPageOutdated(): boolean {
    return this.#serverVersion !== this.#firstVersion;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Opens the line if it is not open or on its way; skips what is left of a waiting time. */
  connect(): void {
    if (this.#state.phase === "open" || this.#state.phase === "connecting") return;
    this.#clearTimer();
    this.#setState({ phase: "connecting" });
    this.#greeted = false;
    const socket = this.#host.open();
    this.#socket = socket;
    socket.addEventListener("message", (message) => {
      if (socket === this.#socket && typeof message.data === "string") {
        this.#receive(JSON.parse(message.data) as ServerFrame);
      }
    });
    socket.addEventListener("close", (event) => {
      if (socket === this.#socket) this.#lost(event.code);
    });
    this.#lastFrameMs = this.#host.now();
    this.#watchSilence(socket);
  }

  /** Follows a run from after the event `after`. Returns how to stop. */
  subscribe(runId: string, after: number, listener: RunListener): () => void {
    const subscription: Subscription = { cursor: after, epoch: null, mendingFrom: null, listener };
    this.#subscriptions.set(runId, subscription);
    if (this.#state.phase === "idle") this.connect();
    if (this.#greeted) this.#send({ type: "subscribe", run_id: runId, after });
    return () => {
      if (this.#subscriptions.get(runId) !== subscription) return;
      this.#subscriptions.delete(runId);
      if (this.#greeted) this.#send({ type: "unsubscribe", run_id: runId });
    };
  }

  close(): void {
    this.#clearTimer();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#setState({ phase: "idle" });
  }

  #receive(frame: ServerFrame): void {
    this.#lastFrameMs = this.#host.now();
    switch (frame.type) {
      case "hello":
        this.#greeted = true;
        this.#failures = 0;
        this.#firstVersion ??= frame.version;
        this.#serverVersion = frame.version;
        this.#setState({ phase: "open" });
        for (const [runId, { cursor }] of this.#subscriptions) {
          this.#send({ type: "subscribe", run_id: runId, after: cursor });
        }
        return;
      case "subscribed":
        this.#compareEpoch(frame.run_id, frame.epoch);
        return;
      case "events":
        this.#deliver(frame.run_id, frame.events, frame.next);
        return;
      case "resync":
        this.#resync(frame.run_id);
        return;
      case "unsubscribed":
      case "tick":
        return;
      case "error":
        // The run was deleted, or is not ours to see: there will be no events.
        if (frame.run_id !== null) this.#subscriptions.delete(frame.run_id);
        return;
      default:
        assertNever(frame);
    }
  }

  #deliver(runId: string, events: readonly Event[], next: number): void {
    const subscription = this.#subscriptions.get(runId);
    if (subscription === undefined) return;
    const fresh = events.filter((event) => event.seq > subscription.cursor);
    const first = fresh[0];
    const isGap = first !== undefined && first.seq > subscription.cursor + 1;
    // Asked for once more; if the same stretch is missing again, the record lacks it.
    if (isGap && subscription.mendingFrom !== subscription.cursor) {
      subscription.mendingFrom = subscription.cursor;
      this.#send({ type: "subscribe", run_id: runId, after: subscription.cursor });
      return;
    }
    subscription.cursor = Math.max(subscription.cursor, fresh.at(-1)?.seq ?? 0, next);
    if (fresh.length === 0) return;
    this.#lastEventMs = this.#host.now();
    subscription.listener.onEvents(fresh);
  }

  #compareEpoch(runId: string, epoch: string): void {
    const subscription = this.#subscriptions.get(runId);
    if (subscription === undefined) return;
    if (subscription.epoch !== null && subscription.epoch !== epoch) this.#resync(runId);
    else subscription.epoch = epoch;
  }

  #resync(runId: string): void {
    const subscription = this.#subscriptions.get(runId);
    this.#subscriptions.delete(runId);
    subscription?.listener.onResync();
  }

  #lost(code: number): void {
    this.#socket = null;
    this.#greeted = false;
    if (code === LOGIN_NEEDED) {
      this.#setState({ phase: "refused" });
      this.#host.onLoginNeeded();
      return;
    }
    const delayMs = 1000 * retryDelay(this.#failures, this.#host.random());
    this.#failures += 1;
    this.#setState({ phase: "waiting", retryAtMs: this.#host.now() + delayMs });
    this.#timer = this.#host.setTimer(() => {
      this.#timer = null;
      this.connect();
    }, delayMs);
  }

  #watchSilence(socket: WebSocket): void {
    if (this.#watch !== null) this.#host.clearTimer(this.#watch);
    this.#watch = this.#host.setTimer(() => {
      this.#watch = null;
      if (socket !== this.#socket) return;
      const patienceMs = this.#greeted ? SILENCE_MAX_MS : ATTEMPT_MAX_MS;
      if (this.#host.now() - this.#lastFrameMs < patienceMs) {
        this.#watchSilence(socket);
        return;
      }
      // A dead line may take minutes to report its end: let go of it now.
      this.#lost(1006);
      socket.close();
    }, WATCH_MS);
  }

  #send(frame: ClientFrame): void {
    this.#socket?.send(JSON.stringify(frame));
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }

  #clearTimer(): void {
    if (this.#timer !== null) this.#host.clearTimer(this.#timer);
    if (this.#watch !== null) this.#host.clearTimer(this.#watch);
    this.#timer = null;
    this.#watch = null;
  }
}
