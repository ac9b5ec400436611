/** How high charts are: the large one a share of the window, the small ones by the chosen density. */

import { useSyncExternalStore } from "react";
import { type Density, usePreferences } from "../ui/preferences";

interface Heights {
  /** Of the window; what is below shall peep out. */
  readonly largeShare: number;
  readonly largeLeastPx: number;
  readonly largeMostPx: number;
  readonly smallPx: number;
  /** With its legend a strip is as high as the charts beside it. */
  readonly stripPx: number;
}

const HEIGHTS: Readonly<Record<Density, Heights>> = {
  comfortable: {
    largeShare: 0.38,
    largeLeastPx: 240,
    largeMostPx: 600,
    smallPx: 132,
    stripPx: 114,
  },
  compact: { largeShare: 0.28, largeLeastPx: 180, largeMostPx: 440, smallPx: 92, stripPx: 74 },
};

/** @param windowPx the window's inner height */
export function largeHeight(windowPx: number, density: Density): number {
  const { largeShare, largeLeastPx, largeMostPx } = HEIGHTS[density];
  return Math.min(largeMostPx, Math.max(largeLeastPx, Math.round(windowPx * largeShare)));
}

export function useLargeHeight(): number {
  const { density } = usePreferences();
  return useSyncExternalStore(
    (listener) => {
      window.addEventListener("resize", listener);
      return () => window.removeEventListener("resize", listener);
    },
    () => largeHeight(window.innerHeight, density),
  );
}

export function useSmallHeights(): Pick<Heights, "smallPx" | "stripPx"> {
  return HEIGHTS[usePreferences().density];
}
