import { describe, expect, it } from "vitest";
import type { Event, LogPage } from "../api/types";
import { LINES_MAX, LogFeed } from "./log-feed";

/** A log on a server that goes on; ASCII, so that places are characters. */
class Server {
  text = "";
  events: Event[] = [];
  isBroken = false;
  limit = 1_000_000;

  feed(): LogFeed {
    const page = (start: number, end: number): LogPage => {
      if (this.isBroken) throw new Error("the disk is on fire");
      return { start, end, size: this.text.length, text: this.text.slice(start, end) };
    };
    const { length } = this.text;
    return new LogFeed({
      newest: async () => page(Math.max(0, length - this.limit), this.text.length),
      after: async (place) => page(place > this.text.length ? 0 : place, this.text.length),
      before: async (place) => page(Math.max(0, place - this.limit), place),
      events: async () => this.events,
    });
  }
}

function shown(feed: LogFeed): string[] {
  return feed.state.entries.flatMap(({ lines }) => lines);
}

function said(seq: number, message: string): Event {
  const at = "2026-11-29T02:56:47Z";
  return { seq, at, env_step: 1, type: "log_written", level: "warning", message };
}

describe("the log of a run", () => {
  it("goes on where it was, line by line", async () => {
    const server = new Server();
    server.text = "one\n";
    const feed = server.feed();
    await feed.open();
    server.text += "two\nthree\n";
    await feed.poll(true);
    await feed.poll(true);
    expect(shown(feed)).toEqual(["one", "two", "three"]);
  });

  it("keeps a traceback together that comes in two pieces", async () => {
    const server = new Server();
    server.text = "Traceback (most recent call last):\n  File env.py\n";
    const feed = server.feed();
    await feed.open();
    const [key] = feed.state.entries.map((entry) => entry.key);
    server.text += "RuntimeError: boom\nnext\n";
    await feed.poll(true);
    expect(feed.state.entries.map(({ lines }) => lines.length)).toEqual([3, 1]);
    expect(feed.state.entries[0]?.key).toBe(key);
  });

  it("has earlier lines on request, and keeps the keys of those that are there", async () => {
    const server = new Server();
    server.text = "one\ntwo\nthree\n";
    server.limit = 6;
    const feed = server.feed();
    await feed.open();
    const keys = feed.state.entries.map(({ key }) => key);
    expect([shown(feed), feed.state.hasEarlier]).toEqual([["three"], true]);
    server.limit = 8;
    await feed.earlier();
    expect([shown(feed), feed.state.hasEarlier]).toEqual([["one", "two", "three"], false]);
    expect(feed.state.entries.map(({ key }) => key).slice(-1)).toEqual(keys);
  });

  it("begins anew when somebody has emptied it", async () => {
    const server = new Server();
    server.text = "old\nold\n";
    const feed = server.feed();
    await feed.open();
    server.text = "new\n";
    await feed.poll(true);
    expect(shown(feed)).toEqual(["new"]);
  });

  it("takes each event once", async () => {
    const server = new Server();
    server.events = [said(4, "hello")];
    const feed = server.feed();
    await feed.open();
    feed.takeEvents([said(4, "hello"), said(5, "again")]);
    feed.takeEvents([said(5, "again")]);
    expect(shown(feed)).toEqual(["hello", "again"]);
  });

  it("shows what it has when the server fails, and says so until it works again", async () => {
    const server = new Server();
    server.text = "one\n";
    const feed = server.feed();
    await feed.open();
    server.isBroken = true;
    await feed.poll(true);
    expect(feed.state.error).toEqual(new Error("the disk is on fire"));
    expect(shown(feed)).toEqual(["one"]);
    server.isBroken = false;
    await feed.poll(true);
    expect(feed.state.error).toBeNull();
  });

  it("opens in the end when the first attempt failed", async () => {
    const server = new Server();
    server.isBroken = true;
    const feed = server.feed();
    await feed.open();
    expect([feed.state.phase, feed.state.error === null]).toEqual(["loading", false]);
    server.isBroken = false;
    await feed.poll(true);
    expect(feed.state.phase).toBe("ready");
  });

  it("lets go of the oldest lines while nobody reads them", async () => {
    const server = new Server();
    const feed = server.feed();
    await feed.open();
    const page = `${"x".repeat(59)}\n`.repeat(LINES_MAX / 4);
    for (let i = 0; i < 8; i += 1) {
      server.text += page;
      await feed.poll(i >= 5);
    }
    expect(shown(feed).length).toBeLessThanOrEqual(LINES_MAX);
    expect(feed.state.hasEarlier).toBe(true);
  });
});
