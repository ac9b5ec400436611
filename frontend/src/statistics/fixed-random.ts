/**
 * A small generator of pseudo-random numbers with a fixed beginning, so that the same figures
 * always give the same interval. Mulberry32, by Tommy Ettinger; public domain.
 */

const STEP = 0x6d2b79f5;

/** Uniform numbers in [0, 1), always the same ones for the same seed. */
export function fixedRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + STEP) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
