import { expect, it } from "vitest";
import { type Sample, SampleBuffer } from "./sample-buffer";

function sample(x: number, value: number, worker = 0): Sample {
  return { x, line: value, low: value, high: value, count: 1, worker };
}

it("keeps everything exactly until it is full", () => {
  const buffer = new SampleBuffer(8);
  for (let i = 0; i < 8; i += 1) buffer.append(sample(i, i * 10, i % 2));
  expect([...buffer.x]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect([...buffer.low]).toEqual([0, 10, 20, 30, 40, 50, 60, 70]);
  expect([...buffer.worker]).toEqual([0, 1, 0, 1, 0, 1, 0, 1]);
});

it("thins the older half only, and keeps its extremes", () => {
  const buffer = new SampleBuffer(8);
  for (const [x, value] of [5, 1, 9, 2, 4, 6, 7, 8, 3].entries()) buffer.append(sample(x, value));
  expect([...buffer.x]).toEqual([1, 3, 4, 5, 6, 7, 8]);
  expect([...buffer.low]).toEqual([1, 2, 4, 6, 7, 8, 3]);
  expect([...buffer.high]).toEqual([5, 9, 4, 6, 7, 8, 3]);
  expect([...buffer.line]).toEqual([1, 2, 4, 6, 7, 8, 3]);
  expect([...buffer.count]).toEqual([2, 2, 1, 1, 1, 1, 1]);
});

it.each([4, 5, 16, 33])("with room for %d never loses a row, a spike or the order", (capacity) => {
  const buffer = new SampleBuffer(capacity);
  const values = Array.from({ length: 1000 }, (_, i) => Math.sin(i * 12.9898) * 43_758.5453);
  for (const [x, value] of values.entries()) {
    buffer.append(sample(x, value));
    expect(buffer.length).toBeLessThanOrEqual(capacity);
  }
  expect(buffer.rows).toBe(1000);
  expect(Math.max(...buffer.high)).toBe(Math.max(...values));
  expect(Math.min(...buffer.low)).toBe(Math.min(...values));
  expect([...buffer.x]).toEqual([...buffer.x].sort((a, b) => a - b));
  expect(buffer.x.at(-1)).toBe(999);
});

it("stays equally fine over all of the past, however long it goes on", () => {
  const buffer = new SampleBuffer(64);
  for (let x = 0; x < 6_400; x += 1) buffer.append(sample(x, x));
  expect(Math.max(...buffer.count)).toBeLessThanOrEqual(6_400 / 6);
  const past = [...buffer.count].slice(0, 12);
  expect(Math.max(...past) / Math.min(...past)).toBeLessThanOrEqual(4);
});

it("says so when a thinned sample stands for several workers", () => {
  const buffer = new SampleBuffer(4);
  for (const worker of [0, 0, 1, 1, 1]) buffer.append(sample(worker, 1, worker));
  for (let i = 0; i < 4; i += 1) buffer.append(sample(2, 1, 2));
  expect([...buffer.worker]).toContain(-1);
});

it("never lets the axis run backwards", () => {
  const buffer = new SampleBuffer(4);
  buffer.append(sample(10, 1));
  buffer.append(sample(9, 2));
  expect([...buffer.x]).toEqual([10, 10]);
});

it("is empty after clear", () => {
  const buffer = new SampleBuffer(4);
  buffer.append(sample(1, 1));
  buffer.clear();
  expect(buffer.length).toBe(0);
  expect(buffer.rows).toBe(0);
});
