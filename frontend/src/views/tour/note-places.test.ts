import { describe, expect, it } from "vitest";
import { cardPlace, notePlace, notePlaces } from "./note-places";

const WINDOW = { width: 1280, height: 800 };

describe("where a short note stands", () => {
  it("covers the lower part of a chart, and leaves its head free", () => {
    const chart = { left: 300, top: 100, width: 280, height: 170 };
    const note = notePlace(chart, WINDOW);
    expect(note.top).toBeGreaterThan(chart.top + 60);
    expect(note.top + note.height).toBeLessThanOrEqual(chart.top + chart.height);
    expect(note.lines).toBeGreaterThanOrEqual(3);
  });

  it("hangs under a figure of the header, wide enough to be read", () => {
    const figure = { left: 300, top: 60, width: 40, height: 36 };
    const note = notePlace(figure, WINDOW);
    expect(note.top).toBe(96);
    expect(note.width).toBeGreaterThan(80);
  });

  it("is only a sign where it would cover another small thing", () => {
    const upper = { left: 10, top: 60, width: 90, height: 36 };
    const lower = { ...upper, top: 104 };
    const chart = { left: 10, top: 150, width: 340, height: 200 };
    const [sign, note] = notePlaces([upper, lower, chart], { width: 360, height: 740 });
    expect(sign?.lines).toBe(0);
    expect((sign?.left ?? 0) + (sign?.width ?? 0)).toBe(100);
    // A large thing has room for both.
    expect(note?.lines).toBe(2);
  });

  it("stays within a phone", () => {
    const figure = { left: 300, top: 60, width: 50, height: 36 };
    const note = notePlace(figure, { width: 360, height: 740 });
    expect(note.left).toBeGreaterThanOrEqual(0);
    expect(note.left + note.width).toBeLessThanOrEqual(360);
  });
});

describe("where the large card stands", () => {
  const card = { width: 480, height: 300 };

  it.each([
    ["under what is at the top", { left: 300, top: 20, width: 90, height: 40 }],
    ["beside what is as high as the window", { left: 900, top: 0, width: 330, height: 800 }],
    ["over what is at the foot", { left: 300, top: 700, width: 900, height: 80 }],
  ])("%s, without covering it", (_, thing) => {
    const { left, top } = cardPlace(thing, card, WINDOW);
    const isApart =
      left >= thing.left + thing.width ||
      left + card.width <= thing.left ||
      top >= thing.top + thing.height ||
      top + card.height <= thing.top;
    expect(isApart).toBe(true);
    expect(left).toBeGreaterThanOrEqual(0);
    expect(top).toBeGreaterThanOrEqual(0);
    expect(left + card.width).toBeLessThanOrEqual(WINDOW.width);
    expect(top + card.height).toBeLessThanOrEqual(WINDOW.height);
  });

  it("is at the foot where nothing else is left", () => {
    const { top } = cardPlace({ left: 0, top: 0, width: 1280, height: 800 }, card, WINDOW);
    expect(top).toBe(800 - 300 - 16);
  });
});
