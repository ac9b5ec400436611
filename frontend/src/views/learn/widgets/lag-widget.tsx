/** How old the gradients of the run are, counted. */

import { formatMeasured, formatShare } from "../../../format/numbers";
import { useRunPart, useRunVersion } from "../../../live/hooks";
import { type LearnRun, useLearnRun, useNewest, useUsedNumber } from "../learn-run";
import { commonestLag, lagBars } from "../maths/lag";
import { StepPlot } from "./step-plot";
import { Reading, Widget } from "./widget";

export const LAG = "policy_lag";
/** A row is about a second. */
const NEWEST_ROWS = 30;
const TITLE = "How old gradients are";

/** What eight equal workers show for a while. */
const EXAMPLE_SHARES = [0.02, 0.02, 0.03, 0.05, 0.1, 0.17, 0.22, 0.21, 0.11, 0.05, 0.02];

export function LagWidget() {
  const live = useLearnRun();
  if (live !== null && isCounted(live)) return <LiveLag live={live} />;
  const origin =
    live === null
      ? "made up: about what eight workers show"
      : `made up: ${live.algorithm.name} has no lag, since nobody else pushes in between`;
  return (
    <Widget title={TITLE} origin={origin} isExample>
      <Bars shares={EXAMPLE_SHARES} labels={EXAMPLE_SHARES.map((_, i) => String(i))} />
    </Widget>
  );
}

function isCounted({ algorithm }: LearnRun): boolean {
  return algorithm.histograms.some(({ name }) => name === LAG);
}

function LiveLag({ live }: { live: LearnRun }) {
  const { store, run } = live;
  useRunVersion(store);
  const state = useRunPart(store, (view) => view.state);
  const workers = useUsedNumber("workers", run.spec.workers);
  const average = useNewest(LAG);
  const track = store.charts.histogram(LAG);
  const bars = track === null ? [] : lagBars(track, NEWEST_ROWS);
  const commonest = commonestLag(bars);
  const when = state === "running" ? "live, the last half minute" : "its last half minute";
  return (
    <Widget title={TITLE} origin={`${run.name}, ${when}`}>
      {commonest === null ? (
        <p>Nothing was counted yet: it is counted once a second while the run trains.</p>
      ) : (
        <>
          <Bars shares={bars.map(({ share }) => share)} labels={bars.map(({ label }) => label)} />
          <Reading>
            {workers} worker{workers === 1 ? "" : "s"}, so about{" "}
            <strong>{Math.max(0, workers - 1)}</strong> is expected. Most often it was{" "}
            <strong>{commonest.label}</strong> ({formatShare(commonest.share)}), on average{" "}
            <strong>{formatMeasured(average)}</strong>.
          </Reading>
        </>
      )}
    </Widget>
  );
}

function Bars({ shares, labels }: { shares: readonly number[]; labels: readonly string[] }) {
  const most = Math.max(...shares);
  const range =
    labels.length === 1 ? `lag ${labels[0]}` : `lag, from ${labels[0]} to ${labels.at(-1)} pushes`;
  return (
    <StepPlot
      description={`Shares of pushes by ${range}; the most frequent has ${formatShare(most)}`}
      bars={{ label: "share of pushes", tone: "run", y: shares }}
      x={shares.map((_, i) => i)}
      xLabel={range}
      height={140}
    />
  );
}
