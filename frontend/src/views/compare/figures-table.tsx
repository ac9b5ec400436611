/** The figures of a comparison: a line for each curve over its seeds, and one for each run. */

import { Link } from "@tanstack/react-router";
import { Fragment, type ReactNode } from "react";
import { ACTIVE_STATES } from "../../api/queries";
import { CurveKey } from "../../charts/curve-key";
import { curveStyle } from "../../charts/curve-style";
import { formatSpan } from "../../format/durations";
import { formatQueuePlace } from "../../format/life";
import { formatCount, formatExactCount, formatMeasured } from "../../format/numbers";
import type { Interval } from "../../statistics/bootstrap";
import type { Reached } from "../../statistics/reaching";
import { Explain } from "../../ui/explain";
import { Icon } from "../../ui/icons";
import { useTimeUnit } from "../../ui/preferences";
import { StateGlyph, stateWord } from "../../ui/state-glyph";
import type { CurveFigures, RunFigures, Spread } from "./figures";
import styles from "./figures-table.module.css";
import { differences } from "./gathering";
import { describeReason, reasonWords } from "./members";

interface FiguresTableProps {
  readonly figures: readonly CurveFigures[];
  readonly indexes: ReadonlyMap<string, number>;
  readonly threshold: number | null;
  readonly isEnded: boolean;
  /** Leaves a run out of its curve, or takes it in again. */
  readonly onHide: (runId: string, isHidden: boolean) => void;
  readonly onMoreSeeds: (figures: CurveFigures) => void;
}

const BEST = {
  title: "the best mean return",
  meaning: "The best mean of 100 consecutive training episodes; the mean over seeds of that.",
  guidance: "Says what was reached once, not what is left of it: compare it with the last 100.",
  equation: "",
  facts: [],
};
const LAST = {
  title: "the last 100 episodes",
  meaning:
    "The mean return of the last 100 training episodes, or of all if there are fewer; its mean " +
    "over seeds, with the 95 % interval of a bootstrap that draws seeds.",
  guidance: "Under three seeds the interval says little; three to five is usual.",
  equation: "",
  facts: [],
};
const IQM = {
  title: "the interquartile mean",
  meaning:
    "The mean of the middle half of the seeds: ⌊n/4⌋ of them are left out at each end. One seed " +
    "that failed, or was lucky, does not move it.",
  guidance: "Of fewer than four seeds it is the mean. Agarwal et al. 2021; SciPy's trim_mean.",
  equation: "",
  facts: [],
};
const REACHED = {
  title: "the time to the threshold",
  meaning:
    "When the mean return of 100 training episodes first reached the threshold: the median over " +
    "all seeds, a seed that has not reached it being later than all that have.",
  guidance:
    "Seconds are of training, pauses not counted. Runs that train at the same time share the " +
    "machine: compare seconds only between runs that ran alike.",
  equation: "",
  facts: [],
};

export function FiguresTable(props: FiguresTableProps) {
  const { figures, indexes, threshold, isEnded } = props;
  const at = threshold === null ? "threshold" : formatMeasured(threshold);
  return (
    <section
      className={styles.scroll}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable
      tabIndex={0}
      aria-label="Figures"
      data-explain="control.figures"
    >
      <table className={styles.table}>
        <caption className="visually-hidden">
          Curves and their runs, compared{isEnded ? "" : "; live"}
        </caption>
        <thead className={styles.heads}>
          <tr>
            <th scope="col">Curve</th>
            <th scope="col">Seeds</th>
            <th scope="col">Env steps</th>
            <Head text="Last 100" explanation={LAST} />
            <Head text="IQM" explanation={IQM} />
            <Head text="Best 100" explanation={BEST} />
            <Head text={`Steps to ${at}`} explanation={REACHED} />
            <th scope="col">Seconds to {at}</th>
            <th scope="col">
              <span className="visually-hidden">In the mean</span>
            </th>
          </tr>
        </thead>
        {figures.map((each) => (
          <CurveRows
            key={each.curve.key}
            figures={each}
            index={indexes.get(each.curve.key) ?? 0}
            threshold={threshold}
            onHide={props.onHide}
            onMoreSeeds={props.onMoreSeeds}
          />
        ))}
      </table>
    </section>
  );
}

function Head(props: { text: string; explanation: Parameters<typeof Explain>[0]["explanation"] }) {
  return (
    <th scope="col">
      <span className={styles.head}>
        {props.text}
        <Explain explanation={props.explanation} />
      </span>
    </th>
  );
}

interface CurveRowsProps extends Pick<FiguresTableProps, "threshold" | "onHide" | "onMoreSeeds"> {
  readonly figures: CurveFigures;
  readonly index: number;
}

function CurveRows({ figures, index, threshold, onHide, onMoreSeeds }: CurveRowsProps) {
  const { curve, runs, seeds, last, best, envSteps, seconds } = figures;
  const only = curve.runs.length === 1 ? runs[0] : undefined;
  const unit = useTimeUnit();
  const mixed = differences(runs.filter(({ leftOut }) => leftOut === null).map(({ run }) => run));
  return (
    <tbody>
      <tr className={styles.curve} data-curve={curve.label}>
        <th scope="rowgroup">
          <span className={styles.label}>
            <CurveKey style={curveStyle(index)} />
            <span className={styles.name}>{curve.label}</span>
          </span>
          {mixed.length > 0 && (
            <span className={styles.warning}>
              <Icon name="warning" size={12} /> mixes {mixed.slice(0, 3).join(", ")}
              {mixed.length > 3 && ` and ${mixed.length - 3} more`}
            </span>
          )}
        </th>
        <td title={seedsTitle(figures)}>n = {seeds}</td>
        <td>{only === undefined ? "" : <Exact value={only.progress.env_steps} />}</td>
        <SpreadCell spread={last} seeds={seeds} />
        <IqmCell spread={last} />
        <SpreadCell spread={best} seeds={seeds} />
        <ReachedCell reached={envSteps} threshold={threshold} format={formatCount} />
        <ReachedCell
          reached={seconds}
          threshold={threshold}
          format={(value) => formatSpan(value, unit)}
        />
        <td className={styles.tools}>
          <button type="button" className={styles.quiet} onClick={() => onMoreSeeds(figures)}>
            More seeds<span className="visually-hidden"> of {curve.label}</span>
          </button>
        </td>
      </tr>
      {runs.map((each) => (
        <RunRow
          key={each.run.id}
          figures={each}
          threshold={threshold}
          isAlone={only !== undefined}
          onHide={onHide}
        />
      ))}
    </tbody>
  );
}

interface RunRowProps {
  readonly figures: RunFigures;
  readonly threshold: number | null;
  readonly isAlone: boolean;
  readonly onHide: (runId: string, isHidden: boolean) => void;
}

function RunRow({ figures, threshold, isAlone, onHide }: RunRowProps) {
  const { run, state, progress, last, best, reach, leftOut } = figures;
  const unit = useTimeUnit();
  const place = run.queue_position;
  const isOver = !ACTIVE_STATES.has(state) && state !== "created";
  const flags = [
    ...(run.steered ? ["steered"] : []),
    ...(run.parent == null ? [] : ["fork"]),
    ...(leftOut === null ? [] : [reasonWords(leftOut)]),
  ];
  return (
    <tr className={styles.run} data-run={run.id} data-left-out={leftOut ?? undefined}>
      <th scope="row">
        <span className={styles.label}>
          <StateGlyph state={state} />
          <Link to="/runs/$runId" params={{ runId: run.id }} title={run.name}>
            seed {run.seed}
          </Link>
          <span className={styles.state}>
            {state === "queued" && place != null
              ? `queued, ${formatQueuePlace(place)}`
              : stateWord(state)}
          </span>
          {flags.length > 0 && (
            <span
              className={styles.flag}
              title={leftOut === null ? "in the mean" : describeReason(leftOut)}
            >
              {flags.join(" · ")}
            </span>
          )}
        </span>
      </th>
      <td />
      <td>
        <Exact value={progress.env_steps} />
      </td>
      <td title={exact(last)}>{formatMeasured(last)}</td>
      <td />
      <td title={exact(best)}>{formatMeasured(best)}</td>
      <td title={exact(reach?.envSteps)}>
        {reachText(reach, threshold, isOver, ({ envSteps }) => formatCount(envSteps))}
      </td>
      <td title={exact(reach?.seconds)}>
        {reachText(reach, threshold, isOver, ({ seconds }) => formatSpan(seconds, unit))}
      </td>
      <td className={styles.tools}>
        {!isAlone && (leftOut === null || leftOut === "hidden") && (
          <input
            type="checkbox"
            aria-label={`${run.name} in the mean`}
            checked={leftOut === null}
            onChange={(event) => onHide(run.id, !event.currentTarget.checked)}
          />
        )}
      </td>
    </tr>
  );
}

function Exact({ value }: { value: number }) {
  return <span title={formatExactCount(value)}>{formatCount(value)}</span>;
}

function SpreadCell({ spread, seeds }: { spread: Spread | null; seeds: number }) {
  if (spread === null) return <td>–</td>;
  const { mean, interval, seeds: there } = spread;
  return (
    <td
      title={`${exact(mean)}${interval === null ? "" : `, 95 % ${intervalText(interval, exact)}`}`}
    >
      {formatMeasured(mean)}
      {interval !== null && <Range>{intervalText(interval, formatMeasured)}</Range>}
      {there < seeds && <Range>{`${there} of ${seeds}`}</Range>}
    </td>
  );
}

function IqmCell({ spread }: { spread: Spread | null }) {
  if (spread === null) return <td>–</td>;
  const { iqm, iqmInterval } = spread;
  return (
    <td
      title={`${exact(iqm)}${iqmInterval === null ? "" : `, 95 % ${intervalText(iqmInterval, exact)}`}`}
    >
      {formatMeasured(iqm)}
    </td>
  );
}

interface ReachedCellProps {
  readonly reached: Reached | null;
  readonly threshold: number | null;
  readonly format: (value: number) => string;
}

function ReachedCell({ reached, threshold, format }: ReachedCellProps) {
  if (threshold === null) return <td title="the runs have no common threshold">–</td>;
  if (reached === null) return <td>…</td>;
  const { median, count, seeds } = reached;
  return (
    <td title={exact(median)}>
      {median === null ? "–" : format(median)}
      {seeds > 1 && (
        <Range>
          {count} of {seeds}
        </Range>
      )}
    </td>
  );
}

function Range({ children }: { children: ReactNode }) {
  return (
    <Fragment>
      {" "}
      <span className={styles.range}>{children}</span>
    </Fragment>
  );
}

function intervalText([low, high]: Interval, format: (value: number) => string): string {
  return `[${format(low)}, ${format(high)}]`;
}

function reachText(
  reach: RunFigures["reach"],
  threshold: number | null,
  isOver: boolean,
  text: (reach: NonNullable<RunFigures["reach"]>) => string,
): string {
  if (threshold === null) return "–";
  if (reach === undefined) return "…";
  if (reach === null) return isOver ? "not reached" : "not yet";
  return text(reach);
}

function seedsTitle({ runs, seeds }: CurveFigures): string {
  const others = runs.length - seeds;
  return others === 0 ? `${seeds} seeds` : `${seeds} seeds; ${others} more runs are left out`;
}

/** Every digit, for who needs it. */
function exact(value: number | null | undefined): string {
  return value === null || value === undefined ? "" : String(value);
}
