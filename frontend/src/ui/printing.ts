/** Whether the page is being printed: what only paper shows exists only then. */

import { useEffect, useState, useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
let printing = false;
let isFollowing = false;

export function isPrinting(): boolean {
  return printing;
}

/** Called before the page is printed, and after it. */
export function onPrinting(listener: () => void): () => void {
  if (!isFollowing) follow();
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

export function usePrinting(): boolean {
  return useSyncExternalStore(onPrinting, isPrinting);
}

/** A module that must be there before it is needed, but not before the page is. */
export function useIdleModule<Module>(load: () => Promise<Module>): Module | null {
  const [module, setModule] = useState<Module | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: which one it is never changes
  useEffect(
    () =>
      whenIdle(() => {
        void load().then(setModule);
      }),
    [],
  );
  return module;
}

/** After what is on the screen; returns how to give it up. */
export function whenIdle(work: () => void): () => void {
  if (!("requestIdleCallback" in window)) {
    const timer = setTimeout(work);
    return () => clearTimeout(timer);
  }
  const callback = requestIdleCallback(work);
  return () => cancelIdleCallback(callback);
}

function follow(): void {
  isFollowing = true;
  const media = window.matchMedia("print");
  const become = (now: boolean) => {
    if (now === printing) return;
    printing = now;
    for (const listener of listeners) listener();
  };
  // Either comes first, or alone: it depends on the browser, and on who prints.
  window.addEventListener("beforeprint", () => become(true));
  window.addEventListener("afterprint", () => become(false));
  media.addEventListener("change", () => become(media.matches));
  become(media.matches);
}
