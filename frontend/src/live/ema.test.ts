import { describe, expect, it } from "vitest";
import { DebiasedEma } from "./ema";

/** Transcribed from the definition: last = s·last + (1-s)·x; n += 1; y = last / (1 - s^n). */
function asDefined(values: readonly number[], s: number): number[] {
  let last = 0;
  let n = 0;
  return values.map((x) => {
    last = s * last + (1 - s) * x;
    n += 1;
    return last / (1 - s ** n);
  });
}

describe("the debiased moving average", () => {
  it.each([0, 0.6, 0.99, 0.999])("leaves a constant series exactly as it is at s = %d", (s) => {
    const ema = new DebiasedEma(s);
    for (let i = 0; i < 5000; i += 1) expect(ema.push(475.1)).toBe(475.1);
  });

  it.each([0, 0.3, 0.6, 0.9, 0.999])("equals its definition at s = %d", (s) => {
    const values = Array.from({ length: 300 }, (_, i) => Math.sin(i) * 100 + i);
    const ema = new DebiasedEma(s);
    asDefined(values, s).forEach((expected, i) => {
      expect(ema.push(values[i] ?? 0)).toBeCloseTo(expected, 8);
    });
  });

  it("skips values that are not finite", () => {
    const ema = new DebiasedEma(0.6);
    ema.push(1);
    const before = ema.push(2);
    expect(ema.push(Number.NaN)).toBe(before);
    expect(ema.push(Number.POSITIVE_INFINITY)).toBe(before);
    const clean = new DebiasedEma(0.6);
    clean.push(1);
    clean.push(2);
    expect(ema.push(3)).toBe(clean.push(3));
  });

  it("has no value before the first one", () => {
    expect(new DebiasedEma(0.6).value).toBeNaN();
    expect(new DebiasedEma(0.6).push(Number.NaN)).toBeNaN();
  });

  it("goes on from a server's state as if it had seen everything itself", () => {
    const values = [3, 1, 4, 1, 5, 9, 2, 6];
    const s = 0.9;
    const whole = new DebiasedEma(s);
    for (const value of values) whole.push(value);
    let last = 0;
    for (const value of values.slice(0, 5)) last = s * last + (1 - s) * value;
    const resumed = DebiasedEma.resume(s, { last, count: 5 });
    for (const value of values.slice(5)) resumed.push(value);
    expect(resumed.value).toBeCloseTo(whole.value, 12);
  });

  it("counts a bin of n equal values as n values", () => {
    const bin = new DebiasedEma(0.9);
    bin.push(10);
    bin.push(40, 7);
    const single = new DebiasedEma(0.9);
    single.push(10);
    for (let i = 0; i < 7; i += 1) single.push(40);
    expect(bin.value).toBeCloseTo(single.value, 12);
  });
});
