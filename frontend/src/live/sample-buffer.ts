/**
 * Samples of one metric in columns of fixed memory, in ascending order of x.
 *
 * When it is full, the older half is thinned: neighbours become one sample that keeps their minimum
 * and maximum and the latest one's smoothed value, where the past is still finest. The newer half
 * stays as it came, so what has just been seen does not change, and no spike is ever lost.
 */

import { evenGroups } from "./even-thinning";

export interface Sample {
  readonly x: number;
  /** The smoothed value, for the line. */
  readonly line: number;
  /** The raw value, twice; or the range of the raw values behind a bin. */
  readonly low: number;
  readonly high: number;
  /** How many recorded rows stand behind it. */
  readonly count: number;
  /** Whose it is; -1 where it stands for several workers. */
  readonly worker: number;
}

export class SampleBuffer {
  readonly capacity: number;
  readonly #x: Float64Array;
  readonly #line: Float64Array;
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  readonly #count: Float64Array;
  readonly #worker: Int16Array;
  #length = 0;
  #isThinned = false;

  constructor(capacity: number) {
    if (capacity < 4) throw new RangeError(`capacity must be at least 4, not ${capacity}`);
    this.capacity = capacity;
    this.#x = new Float64Array(capacity);
    this.#line = new Float64Array(capacity);
    this.#low = new Float64Array(capacity);
    this.#high = new Float64Array(capacity);
    this.#count = new Float64Array(capacity);
    this.#worker = new Int16Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Whether what was appended has been made coarser since, to make room. */
  get isThinned(): boolean {
    return this.#isThinned;
  }

  /** Views on the columns; valid until the next `append` or `clear`. */
  get x(): Float64Array {
    return this.#x.subarray(0, this.#length);
  }
  get line(): Float64Array {
    return this.#line.subarray(0, this.#length);
  }
  get low(): Float64Array {
    return this.#low.subarray(0, this.#length);
  }
  get high(): Float64Array {
    return this.#high.subarray(0, this.#length);
  }
  get count(): Float64Array {
    return this.#count.subarray(0, this.#length);
  }
  get worker(): Int16Array {
    return this.#worker.subarray(0, this.#length);
  }

  /** Recorded rows behind all samples. */
  get rows(): number {
    let rows = 0;
    for (const count of this.count) rows += count;
    return rows;
  }

  append(sample: Sample): void {
    if (this.#length === this.capacity) this.#thin();
    const at = this.#length;
    // Workers finish out of order by a few steps; the axis must not run backwards.
    this.#x[at] = at === 0 ? sample.x : Math.max(sample.x, this.#x[at - 1] ?? sample.x);
    this.#line[at] = sample.line;
    this.#low[at] = sample.low;
    this.#high[at] = sample.high;
    this.#count[at] = sample.count;
    this.#worker[at] = sample.worker;
    this.#length += 1;
  }

  clear(): void {
    this.#length = 0;
    this.#isThinned = false;
  }

  #thin(): void {
    this.#isThinned = true;
    const half = this.capacity - (this.capacity >> 1);
    let [from, to] = [0, 0];
    for (const end of evenGroups(this.#count, half)) {
      this.#merge(from, end, to);
      from = end + 1;
      to += 1;
    }
    for (const column of this.#columns()) column.copyWithin(to, half, this.#length);
    this.#length = to + this.#length - half;
  }

  /** Writes the merger of all from `first` to `last` to `to` ≤ `first`. */
  #merge(first: number, last: number, to: number): void {
    const [low, high, count, worker] = [this.#low, this.#high, this.#count, this.#worker];
    const merged = {
      low: at(low, first),
      high: at(high, first),
      count: at(count, first),
      worker: at(worker, first),
    };
    for (let i = first + 1; i <= last; i += 1) {
      merged.low = Math.min(merged.low, at(low, i));
      merged.high = Math.max(merged.high, at(high, i));
      merged.count += at(count, i);
      if (at(worker, i) !== merged.worker) merged.worker = -1;
    }
    this.#x[to] = at(this.#x, last);
    this.#line[to] = at(this.#line, last);
    low[to] = merged.low;
    high[to] = merged.high;
    count[to] = merged.count;
    worker[to] = merged.worker;
  }

  #columns(): (Float64Array | Int16Array)[] {
    return [this.#x, this.#line, this.#low, this.#high, this.#count, this.#worker];
  }
}

function at(column: Float64Array | Int16Array, index: number): number {
  const value = column[index];
  if (value === undefined) throw new RangeError(`no sample ${index}`);
  return value;
}
