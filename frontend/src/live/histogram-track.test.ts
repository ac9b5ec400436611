import { describe, expect, it } from "vitest";
import type { HistogramSeries } from "../api/types";
import { HistogramTrack, MOST_BINS } from "./histogram-track";

const history: HistogramSeries = {
  kind: "counts",
  exponent: 0,
  first: 0,
  edges: [0, 1, 2],
  labels: ["0", "1"],
  begin: 5,
  x: [10, 20],
  counts: [
    [3, 1],
    [0, 4],
  ],
  exact: true,
  rows: 2,
};

function total(track: HistogramTrack): number {
  return track.rows.flat().reduce((sum, count) => sum + count, 0);
}

describe("a histogram over a run", () => {
  it("continues its history in bins that hold both", () => {
    const track = new HistogramTrack("counts", history);
    track.append(30, { exponent: 1, first: -1, counts: [1, 2, 5], labels: null });

    expect(track.bins).toEqual({ exponent: 1, first: -1, length: 3 });
    expect(track.rows).toEqual([
      [0, 4, 0],
      [0, 4, 0],
      [1, 2, 5],
    ]);
    expect([0, 1, 2].map((point) => track.beginOf(point))).toEqual([5, 10, 20]);
    expect([track.edge(0), track.edge(3)]).toEqual([-2, 4]);
  });

  it("gives every thing a bin, also before it was counted", () => {
    const track = new HistogramTrack("counts", null);
    track.append(10, { exponent: 0, first: 1, counts: [7], labels: ["left", "stay", "right"] });

    expect(track.rows).toEqual([[0, 7, 0]]);
    expect([0, 1, 2].map((bin) => track.label(bin))).toEqual(["left", "stay", "right"]);
  });

  it("widens its bins rather than have too many", () => {
    const track = new HistogramTrack("counts", history);
    track.append(30, { exponent: 0, first: 10_000, counts: [2], labels: null });

    expect(track.bins.length).toBeLessThanOrEqual(MOST_BINS);
    expect(total(track)).toBe(10);
    expect(track.label(0)).toBeNull();
  });

  it("loses no count in bounded memory", () => {
    const track = new HistogramTrack("counts", null);
    for (let i = 1; i <= 5_000; i += 1) {
      track.append(i, { exponent: 0, first: i % 7, counts: [1], labels: null });
    }

    expect(track.length).toBeLessThanOrEqual(400);
    expect(total(track)).toBe(5_000);
    expect(track.recorded).toBe(5_000);
    expect(track.x.at(-1)).toBe(5_000);
    // The newest are as they came.
    expect(track.x.at(-2)).toBe(4_999);
  });

  it("stays equally fine over all of the past", () => {
    const track = new HistogramTrack("counts", null);
    for (let i = 1; i <= 20_000; i += 1) {
      track.append(i, { exponent: 0, first: 0, counts: [1], labels: null });
    }
    const past = track.rows.slice(0, 48).map(([count = 0]) => count);

    expect(Math.max(...past) / Math.min(...past)).toBeLessThanOrEqual(4);
    expect(past[0]).toBeLessThanOrEqual(20_000 / 32);
  });

  it("takes the later of two values, which are no counts", () => {
    const track = new HistogramTrack("values", null);
    for (let i = 1; i <= 401; i += 1) {
      track.append(i, { exponent: 0, first: 0, counts: [i], labels: null });
    }

    expect(track.rows[0]).toEqual([2]);
    expect(track.x[0]).toBe(2);
  });

  it("knows which point covers a place", () => {
    const track = new HistogramTrack("counts", history);

    expect([4, 5, 10, 11, 20, 21].map((x) => track.pointAt(x))).toEqual([null, 0, 0, 1, 1, null]);
  });
});
