import { describe, expect, it } from "vitest";
import type { ChartFile } from "./chart-file";
import { drawChart } from "./drawing";
import { svgOf } from "./drawing-svg";
import type { Palette } from "./palette";

const palette = {
  surface: "#fff",
  sunken: "#ddd",
  line: "#eee",
  ink: "#000",
  ink2: "#222",
  ink3: "#333",
  good: "#080",
  accent: "#07a",
  dotOpacity: 0.5,
  workers: ["#00f", "#f80"],
} as unknown as Palette;

const chart: ChartFile = {
  scene: {
    bands: [{ x: [0, 100], low: [0, 50], high: [10, 60], hue: 0 }],
    lines: [
      { x: [0, 50, 100], y: [0, 0, 100], hue: 1, dash: [7, 4], width: 2, opacity: 1 },
      { x: [], y: [], hue: 0, dash: [], width: 1, opacity: 1 },
    ],
    threshold: 75,
  },
  title: "a3c < ppo & co",
  notes: ["CartPole-v1 · seed 1", "29 Nov 2026"],
  xLabel: "steps",
  xUnit: null,
  yLabel: "episode return (reward)",
  key: [{ text: "ppo, n = 3", look: { kind: "line", hue: 1, dash: [7, 4] } }],
  x: [0, 100],
  y: [0, 100],
  yTicks: null,
  isSymlog: false,
};
/** 100 × 100 px within the axes, their corner at (56, 18). */
const BARE = { width: 172, height: 158, isBare: true };

function svg(parts: Partial<ChartFile> = {}): string {
  return svgOf(drawChart({ ...chart, ...parts }, palette, BARE));
}

describe("a chart as a drawing", () => {
  it("puts every point where the axes say", () => {
    const text = svg();
    expect(text).toContain('d="M56 118L106 118L156 18" fill="none" stroke="#f80"');
    expect(text).toContain('d="M56 108L156 58L156 68L56 118Z" fill="#00f"');
    expect(text).toContain('d="M56 43h100" fill="none" stroke="#080"');
    expect(text).toContain('stroke-dasharray="5 4"');
    expect(text).toContain('stroke-dasharray="7 4"');
    expect(text).not.toContain("NaN");
  });

  it("has title, run, date, both axes and the legend as text", () => {
    const { shapes } = drawChart(chart, palette, { width: 880, height: 420 });
    const words = shapes.flatMap((shape) => (shape.kind === "text" ? [shape.text] : []));
    for (const each of [chart.title, ...chart.notes, chart.xLabel, chart.yLabel, "ppo, n = 3"]) {
      expect(words).toContain(each);
    }
    expect(words).toContain("0");
    // All of it within the paper.
    const drawing = drawChart(chart, palette, { width: 880, height: 420 });
    for (const shape of drawing.shapes) {
      if (shape.kind === "text") expect(shape.y).toBeLessThan(drawing.height);
    }
  });

  it("lets a long legend take further rows", () => {
    const entry = { text: "a curve with a long name", look: { kind: "dot", hue: 0 } } as const;
    const one = drawChart({ ...chart, key: [entry] }, palette, { width: 880, height: 420 });
    const many = new Array(12).fill(entry);
    const all = drawChart({ ...chart, key: many }, palette, { width: 880, height: 420 });
    expect(all.height).toBeGreaterThan(one.height);
    const places = all.shapes.flatMap((shape) =>
      shape.kind === "text" && shape.text === entry.text ? [`${shape.x} ${shape.y}`] : [],
    );
    expect(new Set(places).size).toBe(12);
    for (const place of places) expect(Number(place.split(" ")[0])).toBeLessThan(880 - 100);
  });

  it("is well-formed whatever a run is called", () => {
    const text = svg();
    expect(text).toContain("<title>a3c &lt; ppo &amp; co</title>");
    const opened = [...text.matchAll(/<(\w+)\b(?:[^>]*[^/])?>/g)].map((match) => match[1]);
    const closed = [...text.matchAll(/<\/(\w+)>/g)].map((match) => match[1]);
    expect(opened.sort()).toEqual(closed.sort());
  });

  it("breaks lines at gaps, and draws episodes, marks and what was abandoned", () => {
    const y = [0, 50, Number.NaN, 100];
    const line = { x: [0, 50, 50, 100], y, hue: -1, dash: [], width: 1.5, opacity: 1 };
    const text = svg({
      scene: {
        bands: [],
        lines: [line],
        threshold: null,
        dots: [{ x: [50], low: [20], high: [20], hue: 0 }],
        marks: [{ x: 25, tone: "good", dash: [2, 3], isTick: false, text: "solved, at 1 < 2" }],
        faded: [{ begin: 50, end: 75 }],
      },
    });
    expect(text).toContain('d="M56 118L106 68M156 18" fill="none" stroke="#000"');
    expect(text).toContain('d="M105 97h2v2h-2z" fill="#00f"');
    expect(text).toContain('d="M81 118V18" fill="none" stroke="#080"');
    expect(text).toContain("<title>solved, at 1 &lt; 2</title>");
    expect(text).toContain('d="M106 18h25v100h-25z" fill="#ddd"');
  });

  it("draws the cells of a histogram, darker for more, with the ticks it is given", () => {
    const text = svg({
      scene: {
        bands: [],
        lines: [],
        threshold: null,
        cells: [
          { x: [0, 50], y: [0, 50], darkness: 1 },
          { x: [50, 100], y: [50, 100], darkness: 0.5 },
        ],
      },
      yTicks: [{ at: 25, text: "left" }],
    });
    expect(text).toContain('d="M56 68h50v50h-50z" fill="#000" clip-path');
    expect(text).toContain('d="M106 18h50v50h-50z" fill="#000" opacity="0.5"');
    expect(text).toContain(">left</text>");
  });

  it("follows the symmetric log scale", () => {
    // 0 lies in the middle, and 100 at the top.
    expect(svg({ y: [-100, 100], isSymlog: true })).toContain('d="M56 68L106 68L156 18"');
  });
});
