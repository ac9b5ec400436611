/**
 * Small curves in SVG: a run's return in the list, a preset's measured learning curve.
 * Hidden from screen readers: the words beside a curve say what it shows.
 */

import styles from "./curve.module.css";

interface CurveProps {
  readonly points: readonly (readonly [number, number])[];
  readonly width: number;
  readonly height: number;
  /** A dashed line. */
  readonly threshold?: number | null;
}

export function Curve({ points, width, height, threshold }: CurveProps) {
  const values = points.map(([, y]) => y);
  const low = Math.min(...values);
  const high = Math.max(...values, threshold ?? Number.NEGATIVE_INFINITY);
  const first = points[0]?.[0] ?? 0;
  const last = points.at(-1)?.[0] ?? 1;
  const pad = 1.5;
  const placeX = (x: number) => pad + ((x - first) / (last - first || 1)) * (width - 2 * pad);
  const placeY = (y: number) => height - pad - ((y - low) / (high - low || 1)) * (height - 2 * pad);
  const path = points
    .map(([x, y], i) => `${i === 0 ? "M" : "L"}${placeX(x).toFixed(1)} ${placeY(y).toFixed(1)}`)
    .join("");
  return (
    <svg
      className={styles.curve}
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      aria-hidden="true"
      focusable="false"
    >
      {threshold != null && (
        <line
          className={styles.threshold}
          x1={0}
          x2={width}
          y1={placeY(threshold)}
          y2={placeY(threshold)}
        />
      )}
      {points.length > 1 && <path className={styles.line} d={path} />}
    </svg>
  );
}
