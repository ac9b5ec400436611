/** Colours, motion and density as chosen, on the whole page. */

import type { MantineColorSchemeManager } from "@mantine/core";
import { onPreferences, preferences, setPreferences } from "./preferences";

/** Mantine keeps its colour scheme with the other preferences. */
export function appearanceManager(): MantineColorSchemeManager {
  let stop = () => {};
  return {
    get: () => preferences().appearance,
    set: (appearance) => {
      if (appearance !== preferences().appearance) setPreferences({ appearance });
    },
    subscribe: (onUpdate) => {
      let before = preferences().appearance;
      stop = onPreferences(() => {
        const { appearance } = preferences();
        if (appearance === before) return;
        before = appearance;
        onUpdate(appearance);
      });
    },
    unsubscribe: () => stop(),
    clear: () => setPreferences({ appearance: "auto" }),
  };
}

/** For style sheets. The system's wish for less motion always counts; this is the person's own. */
export function followAppearance(): void {
  const apply = () => {
    const { motion, density } = preferences();
    Object.assign(document.documentElement.dataset, { motion, density });
  };
  onPreferences(apply);
  apply();
}
