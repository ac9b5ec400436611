import { beforeEach, describe, expect, it, vi } from "vitest";
import type { ViewFrame, ViewStatus } from "../api/types";
import { AgentView } from "./agent-view";

vi.stubGlobal("WebSocket", { CONNECTING: 0, OPEN: 1 });

class FakeSocket extends EventTarget {
  readyState = 1;
  binaryType = "";
  readonly sent: unknown[] = [];
  isClosed = false;
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.isClosed = true;
  }
  status(changes: Partial<ViewStatus> = {}) {
    const status = { type: "status", state: "playing", checkpoint_id: null, ...changes };
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(status) }));
  }
  frame(changes: Partial<ViewFrame>) {
    const head = { type: "frame", values: [], episode: 1, length: 1, image: "image/png" };
    const text = new TextEncoder().encode(JSON.stringify({ ...head, ...changes }));
    const data = new Uint8Array(4 + text.length + 1);
    new DataView(data.buffer).setUint32(0, text.length);
    data.set(text, 4);
    this.dispatchEvent(new MessageEvent("message", { data: data.buffer }));
  }
  end(code: number, reason = "") {
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason }));
  }
}

let sockets: FakeSocket[] = [];
let asked: (string | null)[] = [];
let timers: (() => void)[] = [];
let paints: (() => void)[] = [];
let released: string[] = [];
const login = vi.fn();

function newView() {
  return new AgentView<string>({
    open: (checkpointId) => {
      asked.push(checkpointId);
      sockets.push(new FakeSocket());
      return sockets.at(-1) as unknown as WebSocket;
    },
    decode: async (image) => image.type,
    release: (picture) => released.push(picture),
    beforePaint: (work) => paints.push(work),
    setTimer: (work) => timers.push(work),
    clearTimer: () => {
      timers = [];
    },
    random: () => 0.5,
    onLoginNeeded: login,
  });
}

async function paint() {
  await Promise.resolve();
  await Promise.resolve();
  const due = paints;
  paints = [];
  for (const work of due) work();
}

function newest(): FakeSocket {
  const socket = sockets.at(-1);
  if (socket === undefined) throw new Error("no socket was opened");
  return socket;
}

describe("the agent view", () => {
  beforeEach(() => {
    sockets = [];
    asked = [];
    timers = [];
    paints = [];
    released = [];
    login.mockClear();
  });

  it("says of a frame that it was seen once it is painted, and not before", async () => {
    const view = newView();
    view.open();
    newest().status();
    newest().frame({ number: 1, values: [0.5] });
    await Promise.resolve();
    expect(newest().sent).toEqual([]);
    await paint();
    expect(newest().sent).toEqual([{ type: "seen", number: 1 }]);
    expect(view.frame?.number).toBe(1);
    expect(view.picture).toBe("image/png");
    expect(view.trail.points.map(({ value }) => value)).toEqual([0.5]);
  });

  it("shows nothing of the policy before once another was chosen", async () => {
    const view = newView();
    view.open();
    newest().status();
    newest().frame({ number: 1 });
    view.choose("the-other");
    newest().frame({ number: 2 });
    newest().status();
    await paint();
    expect(view.frame).toBeNull();
    expect(view.status).toBeNull();
    newest().status({ checkpoint_id: "the-other" });
    newest().frame({ number: 1, checkpoint_id: "the-other" });
    await paint();
    expect(view.frame?.checkpoint_id).toBe("the-other");
    expect(newest().sent[0]).toEqual({ type: "set", checkpoint_id: "the-other" });
  });

  it("opens anew for a policy that is chosen before the socket is open", () => {
    const view = newView();
    view.open();
    newest().readyState = 0;
    view.choose("the-other");
    expect(asked).toEqual([null, "the-other"]);
    expect(sockets[0]?.isClosed).toBe(true);
    newest().status({ checkpoint_id: "the-other" });
    expect(view.phase.name).toBe("open");
  });

  it("lets go of every picture that is shown no more, or never was", async () => {
    const view = newView();
    view.open();
    newest().status();
    newest().frame({ number: 1, image: "image/png" });
    await paint();
    expect(released).toEqual([]);
    newest().frame({ number: 2, image: "image/jpeg" });
    await paint();
    expect(released).toEqual(["image/png"]);
    newest().frame({ number: 3, image: "image/png" });
    await Promise.resolve();
    await Promise.resolve();
    view.close();
    await paint();
    expect(released).toEqual(["image/png", "image/png"]);
    expect(view.picture).toBe("image/jpeg");
  });

  it("comes back by itself, to the policy that was chosen", () => {
    const view = newView();
    view.open();
    newest().status();
    view.choose("one");
    newest().end(1012);
    expect(view.phase.name).toBe("lost");
    timers[0]?.();
    expect(asked).toEqual([null, "one"]);
    newest().status({ checkpoint_id: "one" });
    expect(view.phase.name).toBe("open");
  });

  it("does not come back by itself where it was refused", () => {
    const view = newView();
    view.open();
    newest().end(1013, "8 are being played");
    expect(view.phase).toEqual({ name: "refused", reason: "8 are being played" });
    expect(timers).toEqual([]);
    view.open();
    newest().end(4401, "log in");
    expect(login).toHaveBeenCalledOnce();
  });

  it("keeps what was seen when it is closed, and hears nothing more", async () => {
    const view = newView();
    view.open();
    view.open();
    const first = newest();
    first.status();
    first.frame({ number: 1 });
    await paint();
    view.close();
    first.frame({ number: 2 });
    first.end(1000);
    await paint();
    expect(first.isClosed).toBe(true);
    expect(view.phase.name).toBe("idle");
    expect(view.frame?.number).toBe(1);
    expect(sockets).toHaveLength(1);
  });

  it("passes on what a person asks", () => {
    const view = newView();
    view.open();
    view.set({ speed: "max", paused: true });
    view.step();
    expect(newest().sent).toEqual([{ type: "set", speed: "max", paused: true }, { type: "step" }]);
  });
});
