import { describe, expect, it } from "vitest";
import { cardPlace, SIGN_PX, signPlace } from "./note-places";

const WINDOW = { width: 1280, height: 800 };

describe("where a sign stands", () => {
  it("is about the corner of what it explains", () => {
    const chart = { left: 300, top: 100, width: 280, height: 170 };
    expect(signPlace(chart, WINDOW)).toEqual({ left: 280, top: 88 });
  });

  it.each([
    ["at the edge of a phone", { left: 0, top: 0, width: 360, height: 40 }],
    ["of something half in the window", { left: -40, top: 735, width: 500, height: 90 }],
  ])("is within the window %s", (_, thing) => {
    const { left, top } = signPlace(thing, { width: 360, height: 740 });
    expect(left).toBeGreaterThanOrEqual(0);
    expect(left + SIGN_PX).toBeLessThanOrEqual(360);
    expect(top).toBeGreaterThanOrEqual(0);
    expect(top + SIGN_PX).toBeLessThanOrEqual(740);
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
