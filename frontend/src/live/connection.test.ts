import { beforeEach, describe, expect, it } from "vitest";
import type { ClientFrame, Event, ServerFrame } from "../api/types";
import { Connection, type ConnectionHost, type RunListener } from "./connection";

const RUN = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const AT = "2026-01-01T00:00:00Z";

/** A socket whose other end is the test. */
class FakeSocket extends EventTarget {
  readonly sent: ClientFrame[] = [];
  isClosed = false;

  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientFrame);
  }
  close(): void {
    this.isClosed = true;
  }
  say(frame: ServerFrame): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(frame) }));
  }
  lose(code: number): void {
    const event = Object.assign(new globalThis.Event("close"), { code });
    this.dispatchEvent(event);
  }
}

/** Time stands still until the test moves it. */
class FakeHost implements ConnectionHost {
  readonly sockets: FakeSocket[] = [];
  readonly timers = new Map<number, { due: number; work: () => void }>();
  logins = 0;
  #now = 1_000_000;
  #nextTimer = 1;

  open(): WebSocket {
    const socket = new FakeSocket();
    this.sockets.push(socket);
    return socket as unknown as WebSocket;
  }
  now(): number {
    return this.#now;
  }
  random(): number {
    return 0.5;
  }
  setTimer(work: () => void, delayMs: number): number {
    this.timers.set(this.#nextTimer, { due: this.#now + delayMs, work });
    return this.#nextTimer++;
  }
  clearTimer(timer: number): void {
    this.timers.delete(timer);
  }
  onLoginNeeded(): void {
    this.logins += 1;
  }
  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.timers].sort(([, a], [, b]) => a.due - b.due)[0];
      if (next === undefined || next[1].due > end) break;
      this.timers.delete(next[0]);
      this.#now = next[1].due;
      next[1].work();
    }
    this.#now = end;
  }
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("nothing was opened");
    return socket;
  }
}

class Recorder implements RunListener {
  readonly seen: number[] = [];
  resyncs = 0;
  onEvents(events: readonly Event[]): void {
    this.seen.push(...events.map(({ seq }) => seq));
  }
  onResync(): void {
    this.resyncs += 1;
  }
}

function log(seq: number): Event {
  return { type: "log_written", seq, at: AT, env_step: 0, level: "info", message: "" };
}

function events(from: number, to: number): ServerFrame {
  const list = Array.from({ length: to - from + 1 }, (_, i) => log(from + i));
  return { type: "events", run_id: RUN, events: list, next: to };
}

function hello(version = "1"): ServerFrame {
  return { type: "hello", contract_version: "1.0", version, epoch: "s", at: AT };
}

let host: FakeHost;
let connection: Connection;
let recorder: Recorder;

beforeEach(() => {
  host = new FakeHost();
  connection = new Connection(host);
  recorder = new Recorder();
});

describe("subscribing", () => {
  it("waits for the server's greeting, then asks from the cursor on", () => {
    connection.subscribe(RUN, 7, recorder);
    expect(host.socket.sent).toEqual([]);
    host.socket.say(hello());
    expect(host.socket.sent).toEqual([{ type: "subscribe", run_id: RUN, after: 7 }]);
    expect(connection.state.phase).toBe("open");
  });

  it("delivers each event once and in order, even if the server repeats itself", () => {
    connection.subscribe(RUN, 2, recorder);
    host.socket.say(hello());
    host.socket.say(events(1, 5));
    host.socket.say(events(4, 7));
    expect(recorder.seen).toEqual([3, 4, 5, 6, 7]);
  });

  it("hears nothing after it has stopped", () => {
    const stop = connection.subscribe(RUN, 0, recorder);
    host.socket.say(hello());
    stop();
    host.socket.say(events(1, 2));
    expect(recorder.seen).toEqual([]);
    expect(host.socket.sent.at(-1)).toEqual({ type: "unsubscribe", run_id: RUN });
  });
});

describe("a lost connection", () => {
  it("comes back by itself and resumes without a gap or a duplicate", () => {
    connection.subscribe(RUN, 0, recorder);
    host.socket.say(hello());
    host.socket.say(events(1, 3));
    host.socket.lose(1006);
    expect(connection.state.phase).toBe("waiting");
    host.pass(1000);
    host.socket.say(hello());
    expect(host.sockets).toHaveLength(2);
    expect(host.socket.sent).toEqual([{ type: "subscribe", run_id: RUN, after: 3 }]);
    host.socket.say(events(3, 6));
    expect(recorder.seen).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("stays near for 20 failures, then waits longer, and starts afresh after a success", () => {
    connection.connect();
    const waits: number[] = [];
    for (let i = 0; i < 26; i += 1) {
      host.socket.lose(1006);
      const { state } = connection;
      if (state.phase !== "waiting") throw new Error(state.phase);
      const waitMs = state.retryAtMs - host.now();
      waits.push(waitMs / 1000);
      host.pass(waitMs);
    }
    const near = Array<number>(20).fill(1.25);
    expect(waits).toEqual([0.75, ...near, 2.25, 4.25, 8.25, 10.25, 10.25]);
    host.socket.say(hello());
    host.socket.lose(1012);
    const { state } = connection;
    expect(state.phase === "waiting" && state.retryAtMs - host.now()).toBe(750);
  });

  it("can be retried at once, and only once", () => {
    connection.connect();
    host.socket.lose(1006);
    connection.connect();
    connection.connect();
    expect(host.sockets).toHaveLength(2);
    host.pass(9_000);
    expect(host.sockets).toHaveLength(2);
  });

  it("is noticed when nothing at all arrives for long", () => {
    connection.connect();
    host.socket.say(hello());
    host.pass(20_000);
    host.socket.say({ type: "tick", at: AT });
    host.pass(20_000);
    expect(connection.state.phase).toBe("open");
    host.pass(16_000);
    expect(host.sockets[0]?.isClosed).toBe(true);
    expect(connection.state.phase).not.toBe("open");
  });

  it("is tried anew when an attempt gets no answer, long before an open line would be given up", () => {
    connection.connect();
    host.pass(9_000);
    expect(connection.state.phase).toBe("connecting");
    host.pass(2_500);
    expect(host.sockets[0]?.isClosed).toBe(true);
    expect(host.sockets).toHaveLength(2);
  });

  it("is not retried where a login is needed", () => {
    connection.connect();
    host.socket.lose(4401);
    host.pass(120_000);
    expect(host.logins).toBe(1);
    expect(host.sockets).toHaveLength(1);
    expect(connection.state.phase).toBe("refused");
  });
});

describe("what does not fit together", () => {
  it("asks once more for a missing stretch instead of passing over it", () => {
    connection.subscribe(RUN, 0, recorder);
    host.socket.say(hello());
    host.socket.say(events(1, 2));
    host.socket.say(events(5, 6));
    expect(recorder.seen).toEqual([1, 2]);
    expect(host.socket.sent.at(-1)).toEqual({ type: "subscribe", run_id: RUN, after: 2 });
    host.socket.say(events(3, 6));
    expect(recorder.seen).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("goes on if the record itself lacks the stretch", () => {
    connection.subscribe(RUN, 0, recorder);
    host.socket.say(hello());
    host.socket.say(events(5, 6));
    host.socket.say(events(5, 6));
    expect(recorder.seen).toEqual([5, 6]);
  });

  it("starts from a snapshot if the cursor can't be served or the record is another one", () => {
    connection.subscribe(RUN, 9, recorder);
    host.socket.say(hello());
    host.socket.say({ type: "resync", run_id: RUN, epoch: "e2", reason: "too old" });
    expect(recorder.resyncs).toBe(1);
    connection.subscribe(RUN, 0, recorder);
    host.socket.say({ type: "subscribed", run_id: RUN, after: 0, epoch: "e2" });
    host.socket.say({ type: "subscribed", run_id: RUN, after: 0, epoch: "e3" });
    expect(recorder.resyncs).toBe(2);
  });

  it("tells the page that the server has become another version", () => {
    connection.connect();
    host.socket.say(hello("1"));
    expect(connection.isPageOutdated).toBe(false);
    host.socket.lose(1012);
    host.pass(1000);
    host.socket.say(hello("2"));
    expect(connection.isPageOutdated).toBe(true);
  });
});
