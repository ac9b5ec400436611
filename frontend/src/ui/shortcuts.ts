/** Single-key shortcuts. Never while typing, never with a modifier; a person can turn them off. */

import { useEffect, useRef } from "react";
import { preferences, setPreferences, usePreferences } from "./preferences";

export function shortcutsEnabled(): boolean {
  return preferences().shortcuts;
}

export function setShortcutsEnabled(shortcuts: boolean): void {
  setPreferences({ shortcuts });
}

export function useShortcutsEnabled(): boolean {
  return usePreferences().shortcuts;
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
