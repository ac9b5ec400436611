/**
 * Where an env step lies on another x axis (seconds, episodes, updates), by interpolation
 * between rows of the record. Marks on the charts are known by their env step.
 */

import type { MetricSeries } from "../api/types";

const CAPACITY = 4_096;

export class AxisConversion {
  readonly #identity: boolean;
  #steps: number[] = [];
  #xs: number[] = [];

  private constructor(identity: boolean) {
    this.#identity = identity;
  }

  /** For the env-step axis itself. */
  static identity(): AxisConversion {
    return new AxisConversion(true);
  }

  static empty(): AxisConversion {
    return new AxisConversion(false);
  }

  /**
   * From one metric read over two axes. Both readings may be thinned out differently: rows are
   * matched by their number, which is the sum of the counts up to a point.
   */
  static between(overSteps: MetricSeries, overX: MetricSeries): AxisConversion {
    const conversion = new AxisConversion(false);
    const stepRows = cumulative(overSteps.count);
    const xRows = cumulative(overX.count);
    overX.x.forEach((x, i) => {
      const row = xRows[i];
      const envStep = row === undefined ? null : interpolate(stepRows, overSteps.x, row);
      if (envStep !== null) conversion.append(envStep, x);
    });
    return conversion;
  }

  /** Both must not decrease. */
  append(envStep: number, x: number): void {
    if (this.#identity) return;
    if (this.#steps.length >= CAPACITY) {
      this.#steps = this.#steps.filter((_, i) => i % 2 === 1);
      this.#xs = this.#xs.filter((_, i) => i % 2 === 1);
    }
    this.#steps.push(envStep);
    this.#xs.push(x);
  }

  convert(envStep: number): number | null {
    if (this.#identity) return envStep;
    if (envStep <= 0) return 0;
    const first = this.#steps[0];
    if (first !== undefined && envStep < first) return ((this.#xs[0] ?? 0) * envStep) / first;
    return interpolate(this.#steps, this.#xs, envStep);
  }
}

/** Linear interpolation of `ys` over the ascending `xs`; constant beyond both ends. */
export function interpolate(
  xs: readonly number[],
  ys: readonly number[],
  x: number,
): number | null {
  if (xs.length === 0) return null;
  let low = 0;
  let high = xs.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((xs[middle] ?? 0) < x) low = middle + 1;
    else high = middle;
  }
  const right = xs[low] ?? 0;
  const value = ys[low] ?? 0;
  const left = xs[low - 1];
  if (left === undefined || x >= right) return value;
  const before = ys[low - 1] ?? 0;
  return before + ((value - before) * (x - left)) / (right - left);
}

function cumulative(counts: readonly number[]): number[] {
  let sum = 0;
  return counts.map((count) => {
    sum += count;
    return sum;
  });
}
