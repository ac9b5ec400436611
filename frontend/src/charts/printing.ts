/**
 * Charts on paper: while the page is printed, each canvas has a drawing of the same chart in its
 * place, in vectors, light, and as wide as the paper.
 */

import { isPrinting, onPrinting, whenIdle } from "../ui/printing";
import type { ChartSubject } from "./chart-subject";

const charts = new Map<HTMLElement, () => ChartSubject>();
/** Ready before anybody prints: a page is printed at once, and waits for nothing. */
let files: typeof import("./chart-files") | null = null;
let isFollowing = false;

/** Lets a chart be printed until the function that is returned is called. */
export function printable(place: HTMLElement, subject: () => ChartSubject): () => void {
  charts.set(place, subject);
  if (!isFollowing) follow();
  return () => {
    charts.delete(place);
  };
}

function follow(): void {
  isFollowing = true;
  onPrinting(() => (isPrinting() ? drawAll() : removeAll()));
  whenIdle(() => {
    void import("./chart-files").then((loaded) => {
      files = loaded;
      if (isPrinting()) drawAll();
    });
  });
}

function drawAll(): void {
  if (files === null) return;
  const parser = new DOMParser();
  let number = 0;
  for (const [place, subject] of charts) {
    number += 1;
    const text = files.printedChart(subject(), `printed-plot-${number}`);
    const { documentElement } = parser.parseFromString(text, "image/svg+xml");
    const drawing = document.importNode(documentElement, true);
    drawing.setAttribute("data-printed", "");
    drawing.setAttribute("aria-hidden", "true");
    place.append(drawing);
  }
}

function removeAll(): void {
  for (const drawing of document.querySelectorAll("[data-printed]")) drawing.remove();
}
