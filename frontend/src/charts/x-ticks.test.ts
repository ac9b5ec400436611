import { describe, expect, it } from "vitest";
import { xTicks, xTickTexts } from "./x-ticks";

describe("ticks of an x axis", () => {
  it("are round counts where it is not one of time", () => {
    const ticks = xTicks(0, 400_000, 4, null);
    expect(ticks).toEqual([0, 100_000, 200_000, 300_000, 400_000]);
    expect(xTickTexts(ticks, null)).toEqual([
      "0",
      "100\u00a0k",
      "200\u00a0k",
      "300\u00a0k",
      "400\u00a0k",
    ]);
  });

  it.each([
    [0, 2, 4, ["00:00.0", "00:00.5", "00:01.0", "00:01.5", "00:02.0"]],
    [0, 100, 5, ["00:00", "00:30", "01:00", "01:30"]],
    [725, 735, 5, ["12:06", "12:08", "12:10", "12:12", "12:14"]],
    [0, 1_200, 5, ["00:00", "05:00", "10:00", "15:00", "20:00"]],
    [3_000, 7_300, 4, ["1:00:00", "1:30:00", "2:00:00"]],
    [0, 36_000, 5, ["0 h", "2 h", "4 h", "6 h", "8 h", "10 h"]],
    [0, 864_000, 5, ["0 d", "2 d", "4 d", "6 d", "8 d", "10 d"]],
  ])("from %d s to %d s are those of a clock", (min, max, most, texts) => {
    expect(xTickTexts(xTicks(min, max, most, "auto"), "auto")).toEqual(texts);
  });

  it("are round minutes, or round seconds, if those are chosen", () => {
    const minutes = xTicks(0, 1_500, 5, "minutes");
    expect(minutes).toEqual([0, 300, 600, 900, 1_200, 1_500]);
    expect(xTickTexts(minutes, "minutes")).toEqual(["0", "5", "10", "15", "20", "25"]);
    expect(xTickTexts(xTicks(0, 60, 5, "minutes"), "minutes")).toEqual([
      "0.0",
      "0.2",
      "0.4",
      "0.6",
      "0.8",
      "1.0",
    ]);
    expect(xTickTexts(xTicks(0, 20_000, 2, "seconds"), "seconds")).toEqual([
      "0",
      "10,000",
      "20,000",
    ]);
  });

  it("tell neighbours apart however far one has zoomed in", () => {
    for (const unit of ["auto", "seconds", "minutes"] as const) {
      for (const width of [0.03, 0.4, 7, 300, 40_000]) {
        const texts = xTickTexts(xTicks(5_000, 5_000 + width, 6, unit), unit);
        expect(new Set(texts).size, `${unit}, ${width} s`).toBe(texts.length);
      }
    }
  });

  it("are none where nothing has a width", () => {
    expect(xTicks(5, 5, 4, "auto")).toEqual([]);
    expect(xTicks(0, 10, 0.5, "auto")).toEqual([]);
    expect(xTickTexts([], "auto")).toEqual([]);
  });
});
