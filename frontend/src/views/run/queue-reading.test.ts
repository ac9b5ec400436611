import { expect, it } from "vitest";
import { balancePosition, queueVerdict } from "./queue-reading";

it.each([
  [1, 0.5],
  [4, 1],
  [0.25, 0],
  [100, 1],
  [0, 0],
  [2, 0.75],
])("puts %d learned per acted samples at %d of the track", (balance, place) => {
  expect(balancePosition(balance)).toBeCloseTo(place);
});

it("says who waits for whom", () => {
  expect(queueVerdict(1, 1)).toMatch(/environment threads wait/);
  expect(queueVerdict(0.5, 0.3)).toMatch(/Less is learned/);
  expect(queueVerdict(0.02, 1)).toMatch(/optimizer threads wait/);
  expect(queueVerdict(0.5, null)).toMatch(/keep pace/);
});
