import { describe, expect, it } from "vitest";
import { chartSvg, type SvgChart } from "./export-svg";
import type { Palette } from "./palette";

const palette = {
  surface: "#fff",
  line: "#eee",
  ink: "#000",
  ink2: "#222",
  ink3: "#333",
  good: "#080",
  workers: ["#00f", "#f80"],
} as unknown as Palette;

const chart: SvgChart = {
  scene: {
    bands: [{ x: [0, 100], low: [0, 50], high: [10, 60], hue: 0 }],
    lines: [
      { x: [0, 50, 100], y: [0, 0, 100], hue: 1, dash: [7, 4], width: 2, opacity: 1 },
      { x: [], y: [], hue: 0, dash: [], width: 1, opacity: 1 },
    ],
    threshold: 75,
  },
  title: "a3c < ppo & co",
  xLabel: "steps",
  key: [{ text: "ppo, n = 3", hue: 1, dash: [7, 4] }],
  size: { width: 172, height: 174 },
  x: [0, 100],
  y: [0, 100],
  isSymlog: false,
};

describe("a chart as SVG", () => {
  it("puts every point where the axes say", () => {
    const svg = chartSvg(chart, palette);
    // 100 × 100 px of plot, its corner at (56, 34).
    expect(svg).toContain('d="M56 134L106 134L156 34" stroke="#f80"');
    expect(svg).toContain('d="M56 124L156 74L156 84L56 134Z" fill="#00f"');
    expect(svg).toContain('d="M56 59h100" stroke="#080" stroke-dasharray="5 4"');
    expect(svg).toContain('stroke-dasharray="7 4"');
    expect(svg).not.toContain("NaN");
  });

  it("is well-formed whatever a run is called", () => {
    const svg = chartSvg(chart, palette);
    expect(svg).toContain("<title>a3c &lt; ppo &amp; co</title>");
    const opened = [...svg.matchAll(/<(\w+)\b(?:[^>]*[^/])?>/g)].map((match) => match[1]);
    const closed = [...svg.matchAll(/<\/(\w+)>/g)].map((match) => match[1]);
    expect(opened.sort()).toEqual(closed.sort());
  });

  it("breaks lines at gaps, and draws episodes, marks and what was abandoned", () => {
    const scene = {
      bands: [],
      lines: [
        {
          x: [0, 50, 50, 100],
          y: [0, 50, Number.NaN, 100],
          hue: -1,
          dash: [],
          width: 1.5,
          opacity: 1,
        },
      ],
      threshold: null,
      dots: [{ x: [50], low: [20], high: [20], hue: 0 }],
      marks: [{ x: 25, tone: "good" as const, dash: [2, 3], isTick: false }],
      faded: [{ begin: 50, end: 75 }],
    };
    const svg = chartSvg({ ...chart, scene }, palette);
    expect(svg).toContain('d="M56 134L106 84M156 34" stroke="#000"');
    expect(svg).toContain('d="M105 113h2v2h-2z" fill="#00f"');
    expect(svg).toContain('d="M81 134V34" stroke="#080" stroke-dasharray="2 3"');
    expect(svg).toContain('<rect x="106" y="34" width="25" height="100"');
  });

  it("follows the symmetric log scale", () => {
    const svg = chartSvg({ ...chart, y: [-100, 100], isSymlog: true }, palette);
    // 0 lies in the middle, and 100 at the top.
    expect(svg).toContain('d="M56 84L106 84L156 34"');
  });
});
