/** A short piece of a curve, in its hue and dash, for keys and tables. */

import type { CurveStyle } from "./curve-style";
import { workerColour } from "./palette";

export function CurveKey({ style: { hue, dash } }: { style: CurveStyle }) {
  return (
    <svg width={26} height={10} aria-hidden="true" focusable="false" style={{ flex: "none" }}>
      <line
        x1={0}
        x2={26}
        y1={5}
        y2={5}
        stroke={workerColour(hue)}
        strokeWidth={2.4}
        strokeDasharray={dash.join(" ")}
      />
    </svg>
  );
}
