/** What of the page can be explained, in reading order, and where it is in the window. */

import { useEffect, useState } from "react";
import type { Box } from "./note-places";

export interface Thing {
  readonly key: string;
  readonly element: HTMLElement;
  /** Null: folded away, or out of the window. */
  readonly box: Box | null;
}

/** The page goes on living under the explanations. */
const LOOK_EVERY_MS = 400;

export function useThings(): readonly Thing[] {
  const [things, setThings] = useState<readonly Thing[]>([]);
  useEffect(() => {
    let frame: number | null = null;
    const look = () => {
      frame = null;
      setThings((before) => {
        const after = findThings();
        return isSame(before, after) ? before : after;
      });
    };
    const soon = () => {
      frame ??= requestAnimationFrame(look);
    };
    look();
    const timer = window.setInterval(soon, LOOK_EVERY_MS);
    window.addEventListener("scroll", soon, { capture: true, passive: true });
    window.addEventListener("resize", soon);
    return () => {
      window.clearInterval(timer);
      if (frame !== null) cancelAnimationFrame(frame);
      window.removeEventListener("scroll", soon, { capture: true });
      window.removeEventListener("resize", soon);
    };
  }, []);
  return things;
}

function findThings(): Thing[] {
  const elements = document.querySelectorAll<HTMLElement>("#main [data-explain]");
  const keys = new Set<string>();
  const things: Thing[] = [];
  for (const element of elements) {
    const key = element.dataset.explain ?? "";
    const isFolded = element.closest("details:not([open])") !== null;
    if (keys.has(key) || (!isFolded && !element.checkVisibility())) continue;
    keys.add(key);
    things.push({ key, element, box: isFolded ? null : boxOf(element) });
  }
  return things;
}

/** As far as it can be seen: a panel that scrolls cuts off what is in it. */
function boxOf(element: HTMLElement): Box | null {
  let { left, top, right, bottom } = element.getBoundingClientRect();
  const clip = element.closest("aside")?.getBoundingClientRect();
  if (clip !== undefined) {
    [left, right] = [Math.max(left, clip.left), Math.min(right, clip.right)];
    [top, bottom] = [Math.max(top, clip.top), Math.min(bottom, clip.bottom)];
  }
  const { innerWidth, innerHeight } = window;
  const isSeen = right - left > 8 && bottom - top > 8 && bottom > 0 && top < innerHeight;
  if (!isSeen || right <= 0 || left >= innerWidth) return null;
  return { left, top, width: right - left, height: bottom - top };
}

function isSame(before: readonly Thing[], after: readonly Thing[]): boolean {
  return (
    before.length === after.length &&
    before.every((one, i) => {
      const other = after[i];
      return other !== undefined && one.element === other.element && sameBox(one.box, other.box);
    })
  );
}

function sameBox(a: Box | null, b: Box | null): boolean {
  if (a === null || b === null) return a === b;
  return a.left === b.left && a.top === b.top && a.width === b.width && a.height === b.height;
}
