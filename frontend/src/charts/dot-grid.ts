/** Which dots still change what is seen: of those that lie on one pixel, the first few. */

/** Dots are half opaque: four over each other are as good as solid. */
const MOST_ON_A_PIXEL = 4;

export class DotGrid {
  readonly #columns: number;
  readonly #rows: number;
  readonly #dots: Uint8Array;

  /** Of an area of so many pixels. */
  constructor(width: number, height: number) {
    this.#columns = Math.max(1, Math.ceil(width));
    this.#rows = Math.max(1, Math.ceil(height));
    this.#dots = new Uint8Array(this.#columns * this.#rows);
  }

  clear(): void {
    this.#dots.fill(0);
  }

  /** Whether to draw one there; what lies outside of the area is not to be seen. */
  admits(x: number, y: number): boolean {
    const [column, row] = [Math.floor(x), Math.floor(y)];
    if (!(column >= 0 && column < this.#columns && row >= 0 && row < this.#rows)) return false;
    const cell = row * this.#columns + column;
    const dots = this.#dots[cell] ?? 0;
    if (dots === MOST_ON_A_PIXEL) return false;
    this.#dots[cell] = dots + 1;
    return true;
  }
}
