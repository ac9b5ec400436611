/** A small drawing of what a schedule will do, from where the run is now. */

import type { Schedule } from "../api/types";
import { formatCount, formatSetting } from "../format/numbers";
import { type PlottedSchedule, plotSchedule } from "./schedule-plot";
import styles from "./schedule-preview.module.css";

interface SchedulePreviewProps {
  /** Null while what was typed makes no schedule. */
  readonly schedule: Schedule | null;
  readonly envStep: number;
  readonly unit: string;
}

const WIDTH = 300;
const HEIGHT = 84;
const PAD = 4;

export function SchedulePreview({ schedule, envStep, unit }: SchedulePreviewProps) {
  const plotted = schedule === null ? null : plotSchedule(schedule, envStep);
  return (
    <figure className={styles.preview}>
      <span className={styles.values}>
        <span>{plotted === null ? "" : withUnit(plotted.high, unit)}</span>
        <span>
          {plotted === null || plotted.low === plotted.high ? "" : withUnit(plotted.low, unit)}
        </span>
      </span>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={plotted === null ? "No schedule yet" : describe(plotted)}
      >
        {plotted !== null && <Drawing plotted={plotted} envStep={envStep} />}
      </svg>
      {plotted !== null && (
        <figcaption className={styles.steps}>
          <span>step {formatCount(plotted.begin)}</span>
          <span>{formatCount(plotted.end)}</span>
        </figcaption>
      )}
    </figure>
  );
}

function Drawing({ plotted, envStep }: { plotted: PlottedSchedule; envStep: number }) {
  const { begin, end, low, high, points } = plotted;
  const left = (step: number) => ((step - begin) / (end - begin || 1)) * WIDTH;
  const top = (value: number) =>
    low === high ? HEIGHT / 2 : HEIGHT - PAD - ((value - low) / (high - low)) * (HEIGHT - 2 * PAD);
  const path = points
    .map(
      ([step, value], i) =>
        `${i === 0 ? "M" : "L"}${left(step).toFixed(1)} ${top(value).toFixed(1)}`,
    )
    .join("");
  const isUnderWay = envStep > begin && envStep < end;
  return (
    <>
      {isUnderWay && (
        <line className={styles.now} x1={left(envStep)} x2={left(envStep)} y1={0} y2={HEIGHT} />
      )}
      <path className={styles.line} d={path} />
    </>
  );
}

function describe({ begin, end, points }: PlottedSchedule): string {
  const [first, last] = [points[0]?.[1] ?? 0, points.at(-1)?.[1] ?? 0];
  return (
    `from ${formatSetting(first)} at step ${formatCount(begin)} ` +
    `to ${formatSetting(last)} at step ${formatCount(end)}`
  );
}

function withUnit(value: number, unit: string): string {
  return [formatSetting(Number(value.toPrecision(3))), unit].join(" ").trim();
}
