/** Sizes of files for people. */

import { UNIT_SPACE } from "./numbers";

/** 9 kB, 1.2 MB; never 0. */
export function formatBytes(bytes: number): string {
  return bytes < 1e6
    ? `${Math.max(1, Math.round(bytes / 1e3))}${UNIT_SPACE}kB`
    : `${(bytes / 1e6).toFixed(1)}${UNIT_SPACE}MB`;
}
