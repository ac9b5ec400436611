/** Lines and bars over the steps of an episode, or over any few numbers; a step can be picked. */

import { useElementSize } from "@mantine/hooks";
import { formatTick } from "../../../charts/plot-options";
import { roundTicks } from "../../../charts/round-ticks";
import { placer } from "./plot-scale";
import styles from "./step-plot.module.css";

const MOST_TICKS = 5;

/** "run": what happened. "person": what the reader's own choice makes of it. "quiet": for comparison. */
export type Tone = "run" | "person" | "quiet";

export interface PlotLine {
  readonly label: string;
  readonly tone: Tone;
  readonly y: readonly number[];
}

interface StepPlotProps {
  /** For screen readers: what is seen, in a sentence. */
  readonly description: string;
  readonly lines?: readonly PlotLine[];
  readonly bars?: PlotLine;
  /** Of the points; left out: 0, 1, 2 … */
  readonly x?: readonly number[];
  readonly xLabel: string;
  readonly yFrom?: number;
  readonly yTo?: number;
  /** A dashed line across. */
  readonly limit?: { readonly at: number; readonly label: string } | null;
  readonly picked?: number | null;
  readonly onPick?: (point: number) => void;
  readonly height?: number;
}

const LEFT = 38;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 20;

export function StepPlot(props: StepPlotProps) {
  const { description, lines = [], bars, xLabel, limit = null, picked = null, onPick } = props;
  const { height = 170 } = props;
  const { ref, width } = useElementSize();
  const series = bars === undefined ? lines : [...lines, bars];
  const count = series[0]?.y.length ?? 0;
  const x = props.x ?? Array.from({ length: count }, (_, i) => i);
  const [xMin, xMax] = [x[0] ?? 0, x.at(-1) ?? 0];
  // Bars stand on their number: the first and the last are as wide as the others.
  const margin = bars === undefined ? Math.max(0, 1e-9 - (xMax - xMin)) : 0.5;
  const all = series.flatMap(({ y }) => [...y]);
  const base = bars === undefined ? [] : [0];
  const low = Math.min(props.yFrom ?? Number.POSITIVE_INFINITY, ...all, ...base);
  const high = Math.max(props.yTo ?? Number.NEGATIVE_INFINITY, ...all, ...base, limit?.at ?? low);
  const right = Math.max(LEFT + 1, width - RIGHT);
  const atX = placer([xMin - margin, xMax + margin], [LEFT, right]);
  const top = high > low ? high : low + 1;
  const atY = placer([low, top], [height - BOTTOM, TOP]);
  const pick = (clientX: number, element: Element) => {
    const share = (clientX - element.getBoundingClientRect().left - LEFT) / (right - LEFT);
    const at = xMin - margin + share * (xMax - xMin + 2 * margin);
    const point = ((at - xMin) / (xMax - xMin || 1)) * (count - 1);
    onPick?.(Math.min(count - 1, Math.max(0, Math.round(point))));
  };
  const barWidth = Math.max(1, Math.min(28, ((right - LEFT) / Math.max(1, count)) * 0.8));
  return (
    <div className={styles.plot}>
      <div ref={ref} className={styles.drawing} style={{ height }}>
        {width > 0 && count > 0 && (
          <svg
            width={width}
            height={height}
            role="img"
            aria-label={description}
            data-pickable={onPick !== undefined || undefined}
            onPointerDown={(event) => pick(event.clientX, event.currentTarget)}
            onPointerMove={(event) => {
              if (event.buttons === 1) pick(event.clientX, event.currentTarget);
            }}
          >
            {roundTicks(low, top, MOST_TICKS).map((tick) => (
              <g key={tick}>
                <line className={styles.grid} x1={LEFT} x2={right} y1={atY(tick)} y2={atY(tick)} />
                <text className={styles.tick} x={LEFT - 6} y={atY(tick) + 4} textAnchor="end">
                  {formatTick(tick)}
                </text>
              </g>
            ))}
            {(xMin === xMax ? [xMin] : [xMin, xMax]).map((end, i) => (
              <text
                key={end}
                className={styles.tick}
                x={atX(end)}
                y={height - 5}
                textAnchor={bars !== undefined ? "middle" : i === 0 ? "start" : "end"}
              >
                {formatTick(end)}
              </text>
            ))}
            <text className={styles.tick} x={(LEFT + right) / 2} y={height - 5} textAnchor="middle">
              {xLabel}
            </text>
            {picked !== null && (
              <line
                className={styles.picked}
                x1={atX(x[picked] ?? 0)}
                x2={atX(x[picked] ?? 0)}
                y1={TOP}
                y2={height - BOTTOM}
              />
            )}
            {bars?.y.map((value, i) => (
              <rect
                // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
                key={i}
                className={styles.bar}
                data-tone={bars.tone}
                data-picked={i === picked || undefined}
                x={atX(x[i] ?? 0) - barWidth / 2}
                width={barWidth}
                y={Math.min(atY(0), atY(value))}
                height={Math.max(0.75, Math.abs(atY(value) - atY(0)))}
              />
            ))}
            {limit !== null && (
              <line
                className={styles.limit}
                x1={LEFT}
                x2={right}
                y1={atY(limit.at)}
                y2={atY(limit.at)}
              />
            )}
            {lines.map(({ label, tone, y }) => (
              <path
                key={label}
                className={styles.line}
                data-tone={tone}
                d={y
                  .map(
                    (value, i) =>
                      `${i === 0 ? "M" : "L"}${atX(x[i] ?? 0).toFixed(1)} ${atY(value).toFixed(1)}`,
                  )
                  .join("")}
              />
            ))}
            {picked !== null &&
              lines.map(({ label, tone, y }) => (
                <circle
                  key={label}
                  className={styles.dot}
                  data-tone={tone}
                  r={3}
                  cx={atX(x[picked] ?? 0)}
                  cy={atY(y[picked] ?? 0)}
                />
              ))}
          </svg>
        )}
      </div>
      <ul className={styles.legend} aria-hidden="true">
        {series.map(({ label, tone }) => (
          <li key={label} data-tone={tone}>
            {label}
          </li>
        ))}
        {limit !== null && <li data-tone="limit">{limit.label}</li>}
      </ul>
    </div>
  );
}
