import { describe, expect, it } from "vitest";
import { TRAIL_STEPS, trailExtent, ValueTrail } from "./value-trail";

describe("the trail of values", () => {
  it("keeps the last steps and forgets older ones", () => {
    const trail = new ValueTrail();
    for (let step = 1; step <= TRAIL_STEPS + 5; step += 1) trail.add([step], step);
    expect(trail.points).toHaveLength(TRAIL_STEPS);
    expect(trail.points[0]?.value).toBe(6);
  });

  it("marks where an episode begins, also amid the values of one frame", () => {
    const trail = new ValueTrail();
    trail.add([1, 2], 2);
    trail.add([3, 4, 5], 1);
    trail.add([6], 2);
    trail.add([], 0);
    trail.add([7], 1);
    const begins = trail.points.filter(({ isFirst }) => isFirst).map(({ value }) => value);
    expect(begins).toEqual([1, 5, 7]);
  });

  it("has an extent with some room, also where nothing changes or nothing is", () => {
    expect(trailExtent([])).toBeNull();
    const [low, high] = trailExtent([{ value: 5, isFirst: true }]) ?? [0, 0];
    expect(low).toBeLessThan(5);
    expect(high).toBeGreaterThan(5);
    const flat = trailExtent([{ value: 0, isFirst: true }]) ?? [0, 0];
    expect(flat[1]).toBeGreaterThan(flat[0]);
  });
});
