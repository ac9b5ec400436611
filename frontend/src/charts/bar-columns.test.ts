import { expect, test } from "vitest";
import { fewBars } from "./bar-columns";

test("what has room stays as it is", () => {
  const bars = [0, 1, 1.4, 2, 7].map((left) => ({ left, top: 3, bottom: 9 }));

  expect(fewBars(bars, 1)).toEqual(bars);
});

test("a column has at most four, and the last reaches as far as all that came after it", () => {
  const bars = Array.from({ length: 20 }, (_, i) => ({
    left: 5 + i / 40,
    top: 50 - i,
    bottom: 60 + i,
  }));
  const few = fewBars(bars, 1);

  expect(few).toEqual([...bars.slice(0, 3), { left: bars[3]?.left, top: 31, bottom: 79 }]);
});

test("the next column begins anew, also where a column is wider", () => {
  const bars = [0, 0, 0, 0, 1, 1, 2, 2].map((left) => ({ left, top: 0, bottom: 1 }));

  expect(fewBars(bars, 2).map(({ left }) => left)).toEqual([0, 0, 0, 0, 2, 2]);
});
