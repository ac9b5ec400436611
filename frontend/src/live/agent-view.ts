/**
 * Somebody watches the agent: one socket, from `open` to `close`. The server sends a frame when
 * this one has shown the frame before; nothing is queued anywhere.
 */

import type { ViewClientFrame, ViewFrame, ViewStatus } from "../api/types";
import { retryDelay } from "./backoff";
import { ValueTrail } from "./value-trail";
import { readViewMessage } from "./view-message";

export type AgentPhase =
  | { readonly name: "idle" }
  | { readonly name: "connecting" }
  | { readonly name: "open" }
  /** Tries again by itself. */
  | { readonly name: "lost" }
  /** Does not try again by itself. */
  | { readonly name: "refused"; readonly reason: string };

/** What it needs from the browser. */
export interface AgentViewHost<Picture> {
  open(checkpointId: string | null): WebSocket;
  decode(image: Blob): Promise<Picture>;
  /** It is shown no more: its memory may go at once. */
  release(picture: Picture): void;
  /** Before the next repaint. */
  beforePaint(work: () => void): void;
  setTimer(work: () => void, delayMs: number): number;
  clearTimer(timer: number): void;
  random(): number;
  onLoginNeeded(): void;
}

export interface Choices {
  readonly speed?: number | "max";
  readonly paused?: boolean;
  readonly deterministic?: boolean;
}

const LOGIN_NEEDED = 4401;
const POLICY_VIOLATION = 1008;
const TRY_LATER = 1013;

export class AgentView<Picture> {
  readonly #host: AgentViewHost<Picture>;
  readonly #listeners = new Set<() => void>();
  readonly trail = new ValueTrail();
  #socket: WebSocket | null = null;
  #checkpointId: string | null = null;
  #phase: AgentPhase = { name: "idle" };
  #failures = 0;
  #timer: number | null = null;
  #status: ViewStatus | null = null;
  #frame: ViewFrame | null = null;
  #picture: Picture | null = null;
  #version = 0;
  /** Another number for each policy that was chosen. */
  #choice = 0;

  constructor(host: AgentViewHost<Picture>) {
    this.#host = host;
  }

  get phase(): AgentPhase {
    return this.#phase;
  }

  get status(): ViewStatus | null {
    return this.#status;
  }

  /** The newest; null: there is none yet of this policy. */
  get frame(): ViewFrame | null {
    return this.#frame;
  }

  get picture(): Picture | null {
    return this.#picture;
  }

  /** Another number whenever anything is another. */
  get version(): number {
    return this.#version;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  open(): void {
    if (this.#phase.name === "open" || this.#phase.name === "connecting") return;
    this.#clearTimer();
    this.#phase = { name: "connecting" };
    const socket = this.#host.open(this.#checkpointId);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      if (socket !== this.#socket) return;
      if (typeof data === "string") this.#takeStatus(JSON.parse(data) as ViewStatus);
      else if (data instanceof ArrayBuffer) void this.#takeFrame(socket, data);
    });
    socket.addEventListener("close", ({ code, reason }) => {
      if (socket === this.#socket) this.#lost(code, reason);
    });
    this.#tell();
  }

  /** What was seen last stays to be seen. */
  close(): void {
    this.#clearTimer();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#phase = { name: "idle" };
    this.#tell();
  }

  set(choices: Choices): void {
    this.#send({ type: "set", ...choices });
  }

  step(): void {
    this.#send({ type: "step" });
  }

  /** Watch this checkpoint's policy from now on; null: the newest weights. */
  choose(checkpointId: string | null): void {
    if (checkpointId === this.#checkpointId) return;
    this.#checkpointId = checkpointId;
    this.#choice += 1;
    this.#frame = null;
    this.#status = null;
    this.trail.clear();
    if (this.#socket !== null && this.#socket.readyState !== WebSocket.OPEN) {
      // Its address names the one before, and it can't be told yet.
      this.close();
      this.open();
      return;
    }
    this.#send({ type: "set", checkpoint_id: checkpointId });
    this.#tell();
  }

  #takeStatus(status: ViewStatus): void {
    // One of the policy before may have been on its way.
    if (status.checkpoint_id !== this.#checkpointId) return;
    this.#failures = 0;
    this.#phase = { name: "open" };
    this.#status = status;
    this.#tell();
  }

  async #takeFrame(socket: WebSocket, data: ArrayBuffer): Promise<void> {
    const { frame, image } = readViewMessage(data);
    const seen = () => {
      if (socket === this.#socket) this.#send({ type: "seen", number: frame.number });
    };
    // One of the policy before: its numbers are no longer what is watched.
    if (this.#status === null) {
      seen();
      return;
    }
    const choice = this.#choice;
    const picture = image === null ? null : await this.#host.decode(image).catch(() => null);
    this.#host.beforePaint(() => {
      seen();
      if (socket !== this.#socket || choice !== this.#choice) {
        if (picture !== null) this.#host.release(picture);
        return;
      }
      this.trail.add(frame.values, frame.length);
      this.#frame = frame;
      if (picture !== null) {
        if (this.#picture !== null) this.#host.release(this.#picture);
        this.#picture = picture;
      }
      this.#tell();
    });
  }

  #lost(code: number, reason: string): void {
    this.#socket = null;
    if (code === LOGIN_NEEDED) this.#host.onLoginNeeded();
    if (code === LOGIN_NEEDED || code === POLICY_VIOLATION || code === TRY_LATER) {
      this.#phase = { name: "refused", reason };
    } else {
      this.#phase = { name: "lost" };
      const delayMs = 1000 * retryDelay(this.#failures, this.#host.random());
      this.#failures += 1;
      this.#timer = this.#host.setTimer(() => {
        this.#timer = null;
        this.open();
      }, delayMs);
    }
    this.#tell();
  }

  #send(frame: ViewClientFrame): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #clearTimer(): void {
    if (this.#timer !== null) this.#host.clearTimer(this.#timer);
    this.#timer = null;
  }

  #tell(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}
