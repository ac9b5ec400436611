/** The colours of `ui/tokens.css` for the canvas, which can't read CSS variables by itself. */

export interface Palette {
  readonly paper: string;
  readonly surface: string;
  readonly sunken: string;
  readonly line: string;
  readonly lineStrong: string;
  readonly ink: string;
  readonly ink2: string;
  readonly ink3: string;
  readonly accent: string;
  readonly good: string;
  readonly warn: string;
  readonly band: string;
  readonly dotOpacity: number;
  readonly rangeOpacity: number;
  readonly workers: readonly string[];
}

export const WORKER_HUES = 8;

/** Of the page as it is. */
export function readPalette(): Palette {
  return paletteOf(document.documentElement);
}

/**
 * For paper and for files, whatever the page looks like: they go into theses, slides and printers,
 * where a dark ground is in the way, and two people's files of one chart shall look the same.
 */
export function readLightPalette(): Palette {
  const sample = document.createElement("i");
  sample.dataset.colours = "light";
  document.body.append(sample);
  const palette = paletteOf(sample);
  sample.remove();
  return palette;
}

function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    paper: read("--paper"),
    surface: read("--surface"),
    sunken: read("--sunken"),
    line: read("--line"),
    lineStrong: read("--line-strong"),
    ink: read("--ink"),
    ink2: read("--ink-2"),
    ink3: read("--ink-3"),
    accent: read("--accent"),
    good: read("--good"),
    warn: read("--warn"),
    band: read("--band"),
    dotOpacity: Number(read("--dot-opacity")),
    rangeOpacity: Number(read("--range-opacity")),
    workers: Array.from({ length: WORKER_HUES }, (_, i) => read(`--worker-${i}`)),
  };
}

/** Stable: a worker keeps its hue for life. */
export function workerColour(worker: number): string {
  return `var(--worker-${worker % WORKER_HUES})`;
}
