/**
 * Work that should be done at most once per animation frame, and not at all while the page is
 * hidden: browsers hold animation frames back then, and the newest state is drawn on return.
 */
export class FrameTask {
  readonly #work: () => void;
  #handle: number | null = null;

  constructor(work: () => void) {
    this.#work = work;
  }

  request(): void {
    this.#handle ??= requestAnimationFrame(() => {
      this.#handle = null;
      this.#work();
    });
  }

  cancel(): void {
    if (this.#handle !== null) cancelAnimationFrame(this.#handle);
    this.#handle = null;
  }
}
