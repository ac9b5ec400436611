/** More, and an average hardly moves. */
export const MOST_SMOOTHING = 0.999;

/**
 * The debiased exponential moving average, as TensorBoard defines it:
 *
 *     last ← s·last + (1−s)·x,   n ← n + 1,   y = last / (1 − sⁿ),   from last = 0, n = 0.
 *
 * Computed as y ← y + (1−s)/(1−sⁿ)·(x − y), which is the same, and keeps a constant series
 * exactly constant. Values that are not finite are skipped. It never looks ahead, so nothing
 * that has been drawn changes later.
 */
export class DebiasedEma {
  readonly smoothing: number;
  #value = 0;
  /** sⁿ. */
  #bias = 1;

  constructor(smoothing: number) {
    this.smoothing = smoothing;
  }

  /** Goes on where a server's average stands: its biased `last` and its `count`. */
  static resume(smoothing: number, state: { last: number; count: number }): DebiasedEma {
    const ema = new DebiasedEma(smoothing);
    ema.#bias = smoothing ** state.count;
    ema.#value = ema.#bias < 1 ? state.last / (1 - ema.#bias) : 0;
    return ema;
  }

  /** The average after `count` more values `x`; of a bin, its mean stands for each value. */
  push(x: number, count = 1): number {
    if (!Number.isFinite(x)) return this.value;
    const decay = this.smoothing ** count;
    this.#bias *= decay;
    this.#value += ((1 - decay) / (1 - this.#bias)) * (x - this.#value);
    return this.#value;
  }

  /** NaN before the first value. */
  get value(): number {
    return this.#bias < 1 ? this.#value : Number.NaN;
  }
}
