import { describe, expect, it } from "vitest";
import { HistogramTrack } from "../../../live/histogram-track";
import { commonestLag, lagBars } from "./lag";

function counted(...rows: number[][]): HistogramTrack {
  const track = new HistogramTrack("counts", null);
  rows.forEach((counts, i) => {
    track.append(i, { exponent: 0, first: 0, counts, labels: null });
  });
  return track;
}

describe("lag bars", () => {
  it("are the shares of the newest rows alone, and end at the last lag that occurred", () => {
    const bars = lagBars(counted([90, 0, 0, 0], [1, 2, 1, 0], [1, 4, 1, 0]), 2);
    expect(bars).toEqual([
      { label: "0", lag: 0, share: 0.2 },
      { label: "1", lag: 1, share: 0.6 },
      { label: "2", lag: 2, share: 0.2 },
    ]);
    expect(commonestLag(bars)?.label).toBe("1");
  });

  it("name the range of a wide bin", () => {
    const track = new HistogramTrack("counts", null);
    track.append(1, { exponent: 2, first: 0, counts: [3, 1], labels: null });
    expect(lagBars(track, 10).map(({ label }) => label)).toEqual(["0 to 3", "4 to 7"]);
  });

  it("are none where nothing was counted", () => {
    expect(lagBars(counted(), 10)).toEqual([]);
    expect(commonestLag([])).toBeNull();
  });
});
