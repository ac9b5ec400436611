/** Single-key shortcuts. Never while typing, never with a modifier; a person can turn them off. */

import { useEffect, useRef, useSyncExternalStore } from "react";

const STORAGE_KEY = "matinee.shortcuts";
const listeners = new Set<() => void>();

export function shortcutsEnabled(): boolean {
  return window.localStorage.getItem(STORAGE_KEY) !== "off";
}

export function setShortcutsEnabled(isEnabled: boolean): void {
  window.localStorage.setItem(STORAGE_KEY, isEnabled ? "on" : "off");
  for (const listener of listeners) listener();
}

export function useShortcutsEnabled(): boolean {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, shortcutsEnabled);
}

/** Runs `work` when the key is pressed outside of fields; the newest `work` counts. */
export function useShortcut(key: string, work: () => void): void {
  const newest = useRef(work);
  newest.current = work;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== key || !isForPage(event) || !shortcutsEnabled()) return;
      event.preventDefault();
      newest.current();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [key]);
}

/** Whether a key press is for the page as a whole and not for what has the focus. */
function isForPage(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.repeat) return false;
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  if (document.querySelector('[role="dialog"]') !== null) return false;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("input, textarea, select, [contenteditable], [role=slider]")) return false;
  // Space presses whatever button or link has the focus.
  return event.key !== " " || target?.closest("button, a, [role=button], [role=menuitem]") == null;
}
