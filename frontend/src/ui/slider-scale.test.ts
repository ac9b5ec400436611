import { describe, expect, it } from "vitest";
import { nudge, type SliderRange, toPosition, toValue } from "./slider-scale";

const learningRate: SliderRange = {
  scale: "log",
  minimum: 1e-7,
  maximum: 1,
  zeroAllowed: true,
  integer: false,
};
const rolloutLength: SliderRange = {
  scale: "log2",
  minimum: 1,
  maximum: 2048,
  zeroAllowed: false,
  integer: true,
};
const gamma: SliderRange = {
  scale: "one_minus_log",
  minimum: 0.01,
  maximum: 0.99999,
  zeroAllowed: true,
  integer: false,
};
const gaeLambda: SliderRange = { ...gamma, maximum: 1 };
const epsilon: SliderRange = {
  scale: "linear",
  minimum: 1e-4,
  maximum: 1,
  zeroAllowed: true,
  integer: false,
};
const all = { learningRate, rolloutLength, gamma, gaeLambda, epsilon };

describe.each(Object.entries(all))("the scale of %s", (_, range) => {
  it("covers the whole range and nothing beyond it", () => {
    expect(toValue(1, range)).toBe(range.maximum);
    expect(toValue(0, range)).toBe(range.zeroAllowed ? 0 : range.minimum);
    for (let position = -0.2; position <= 1.2; position += 0.003) {
      const value = toValue(position, range);
      const isZero = range.zeroAllowed && value === 0;
      expect(isZero || (value >= range.minimum && value <= range.maximum)).toBe(true);
    }
  });

  it("never falls from left to right", () => {
    let previous = Number.NEGATIVE_INFINITY;
    for (let position = 0; position <= 1; position += 0.002) {
      const value = toValue(position, range);
      expect(value).toBeGreaterThanOrEqual(previous);
      previous = value;
    }
  });

  it("finds every value that it gave again", () => {
    for (let position = 0; position <= 1; position += 0.01) {
      const value = toValue(position, range);
      expect(toValue(toPosition(value, range), range)).toBeCloseTo(value, 10);
    }
  });

  it("can be walked from end to end with the arrow keys", () => {
    let value = toValue(0, range);
    for (let presses = 0; presses < 300 && value < range.maximum; presses += 1) {
      const next = nudge(value, 1, range);
      expect(next).toBeGreaterThan(value);
      value = next;
    }
    expect(value).toBe(range.maximum);
    for (let presses = 0; presses < 300; presses += 1) value = nudge(value, -1, range);
    expect(value).toBe(toValue(0, range));
  });
});

it("spaces decades evenly where the scale is log", () => {
  const positions = [1e-6, 1e-5, 1e-4, 1e-3].map((value) => toPosition(value, learningRate));
  const gaps = positions.slice(1).map((position, i) => position - (positions[i] ?? 0));
  for (const gap of gaps) expect(gap).toBeCloseTo(gaps[0] ?? 0, 10);
});

it("gives each nine of the discount the same room", () => {
  const positions = [0.9, 0.99, 0.999, 0.9999].map((value) => toPosition(value, gamma));
  const gaps = positions.slice(1).map((position, i) => position - (positions[i] ?? 0));
  for (const gap of gaps) expect(gap).toBeCloseTo(gaps[0] ?? 0, 10);
});

it("has notches for 0 and, for lambda, for exactly 1", () => {
  expect(toPosition(0, gaeLambda)).toBe(0);
  expect(toPosition(1, gaeLambda)).toBe(1);
  expect(toPosition(0.95, gaeLambda)).toBeGreaterThan(0.2);
});
