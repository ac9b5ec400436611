import { describe, expect, it } from "vitest";
import { readRunSearch, scaledZoom, withTab, withZoom, zoomOf } from "./view-state";

describe("the view in the URL", () => {
  it("survives a round trip", () => {
    const search = {
      x: "seconds",
      smoothing: 0.9,
      scale: "symlog",
      charts: "queue",
      from: 1.5,
      to: 9,
    } as const;
    expect(readRunSearch(search)).toEqual(search);
    expect(zoomOf(readRunSearch(search))).toEqual([1.5, 9]);
  });

  it("leaves defaults out", () => {
    expect(readRunSearch({ x: "env_step", smoothing: 0.6 })).toEqual({});
  });

  it("begins as its reader wants it, and then says so to others", () => {
    const wanted = { axis: "seconds", runSmoothing: 0.9 } as const;
    expect(readRunSearch({}, wanted)).toEqual({ x: "seconds", smoothing: 0.9 });
    // What somebody else chose stays, also where it is the page's default.
    expect(readRunSearch({ x: "env_step", smoothing: 0.6 }, wanted)).toEqual({
      x: "env_step",
      smoothing: 0.6,
    });
  });

  it.each([
    { x: "nonsense" },
    { smoothing: 2 },
    { smoothing: "0.9" },
    { from: 9, to: 1 },
    { from: 1 },
    { from: Number.NaN, to: 3 },
    { scale: "cubic" },
    { charts: "everything" },
    { tab: "ledger" },
    { tab: "secrets" },
  ])("ignores %o", (search) => {
    expect(readRunSearch(search)).toEqual({});
  });
});

describe("the tab below the charts", () => {
  it.each(["agent", "workers", "checkpoints", "alerts", "log"] as const)(
    "can be linked: %s",
    (tab) => {
      expect(readRunSearch({ tab })).toEqual({ tab });
      expect(withTab({ x: "seconds" }, tab)).toEqual({ x: "seconds", tab });
    },
  );

  it("is the ledger when the address names none", () => {
    expect(withTab({ tab: "log", scale: "symlog" }, "ledger")).toEqual({ scale: "symlog" });
  });
});

describe("zoom", () => {
  it("comes and goes without touching the rest of the view", () => {
    const zoomed = withZoom({ scale: "symlog" }, [1000.4, 2000.6]);
    expect(zoomed).toEqual({ scale: "symlog", from: 1000, to: 2001 });
    expect(withZoom(zoomed, null)).toEqual({ scale: "symlog" });
  });

  it("keeps hundredths of a second", () => {
    expect(withZoom({ x: "seconds" }, [0.123, 1.456])).toEqual({
      x: "seconds",
      from: 0.12,
      to: 1.46,
    });
  });

  it("can be reached by buttons: in to the newest half, out to everything", () => {
    expect(scaledZoom(null, 0.5, [0, 1000])).toEqual([500, 1000]);
    expect(scaledZoom([500, 1000], 0.5, [0, 1000])).toEqual([625, 875]);
    expect(scaledZoom([625, 875], 2, [0, 1000])).toEqual([500, 1000]);
    expect(scaledZoom([100, 900], 2, [0, 1000])).toBeNull();
  });

  it("stays within the axis of a fork", () => {
    expect(scaledZoom(null, 0.5, [800, 1000])).toEqual([900, 1000]);
    expect(scaledZoom([850, 900], 2, [800, 1000])).toEqual([825, 925]);
    expect(scaledZoom([850, 950], 4, [800, 1000])).toBeNull();
  });
});
