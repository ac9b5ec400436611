/** How high a page's large chart is: a share of the window. */

import { useSyncExternalStore } from "react";

/** Of the window; what is below shall peep out. */
const SHARE = 0.38;
const LEAST_PX = 240;
const MOST_PX = 600;

export function useLargeHeight(): number {
  return useSyncExternalStore(
    (listener) => {
      window.addEventListener("resize", listener);
      return () => window.removeEventListener("resize", listener);
    },
    () => Math.min(MOST_PX, Math.max(LEAST_PX, Math.round(window.innerHeight * SHARE))),
  );
}
