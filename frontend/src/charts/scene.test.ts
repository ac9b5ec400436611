import { describe, expect, it } from "vitest";
import { type Scene, sceneHeight, sceneWidth, stretch } from "./scene";

const line = (x: number[], y: number[]) => ({ x, y, hue: 0, dash: [], width: 1, opacity: 1 });
const scene: Scene = {
  bands: [{ x: [0, 100], low: [-5, 0], high: [20, 30], hue: 0 }],
  lines: [line([10, 20, 90], [1, 2, 3]), line([5, 120], [7, 9])],
  threshold: null,
};

describe("a scene", () => {
  it("reaches from 0, or from where forks begin, to the last point of all", () => {
    expect(sceneWidth(scene)).toEqual([0, 120]);
    expect(sceneWidth({ ...scene, lines: [line([800, 1000], [0, 0])] })).toEqual([800, 1000]);
    expect(sceneWidth({ ...scene, lines: [] })).toEqual([0, 1]);
  });

  it("is as high as what is in view, threshold included", () => {
    const [low, high] = sceneHeight(scene, [0, 120], false) ?? [0, 0];
    expect(low).toBeLessThan(-5);
    expect(high).toBeGreaterThan(30);
    const [, withThreshold] = sceneHeight({ ...scene, threshold: 475 }, [0, 120], false) ?? [0, 0];
    expect(withThreshold).toBeGreaterThan(475);
    expect(sceneHeight({ bands: [], lines: [], threshold: null }, [0, 1], false)).toBeNull();
  });

  it("draws one point beyond each edge, so that lines reach it", () => {
    expect(stretch([0, 10, 20, 30, 40], [15, 25])).toEqual([1, 3]);
    expect(stretch([0, 10], [50, 60])).toEqual([1, 1]);
    expect(stretch([], [0, 1])).toEqual([0, -1]);
  });
});
