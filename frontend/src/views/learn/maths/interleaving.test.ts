import { describe, expect, it } from "vitest";
import { interleaved } from "./interleaving";

describe("interleaved workers", () => {
  it.each([1, 2, 4, 8])("of equal speed, %i of them, push with a lag of W - 1", (count) => {
    const pushes = interleaved(new Array<number>(count).fill(1), 10 * count);
    for (const push of pushes.slice(count)) expect(push.lag).toBe(count - 1);
  });

  it("count the pushes that arrived in between, one by one", () => {
    const pushes = interleaved([1, 1.7, 2.9], 40);
    for (const push of pushes) {
      const between = pushes.filter(
        ({ finishedAt }) => finishedAt > push.startedAt && finishedAt < push.finishedAt,
      );
      expect(push.lag).toBe(between.length);
    }
  });

  it("make the slow one's gradient the oldest", () => {
    const pushes = interleaved([1, 1, 5], 60).slice(10);
    const worst = (worker: number) =>
      Math.max(...pushes.filter((push) => push.worker === worker).map(({ lag }) => lag));
    expect(worst(2)).toBeGreaterThan(worst(0));
  });
});
