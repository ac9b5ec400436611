/** A time limit: taken for the end of the world, or for what it is. */

import { Switch } from "@mantine/core";
import { useState } from "react";
import { formatMeasured } from "../../../format/numbers";
import { LIMIT } from "../example-episodes";
import { cutAt, type Episode } from "../maths/episode";
import { mean, returnsAsIfTerminal, wholeReturns } from "../maths/targets";
import { EpisodeWidget } from "./episode-widget";
import { LiveSlider } from "./live-slider";
import { StepPlot } from "./step-plot";
import { Knobs, Reading } from "./widget";

export function TruncationWidget() {
  return (
    <EpisodeWidget
      title="The limit is not the end"
      example={LIMIT}
      exampleOrigin="CartPole late in training; the pole still stands at step 500"
    >
      {({ episode, gamma }) => <Limit episode={episode} gamma={gamma} />}
    </EpisodeWidget>
  );
}

function Limit({ episode, gamma }: { episode: Episode; gamma: number }) {
  const length = episode.rewards.length;
  // A terminal state stays one: a limit can only come before it.
  const most = episode.lastValue === null ? Math.max(1, length - 1) : length;
  const [asked, setAsked] = useState<number | null>(null);
  const [bootstraps, setBootstraps] = useState(false);
  const limit = Math.min(asked ?? (episode.lastValue === null ? Math.ceil(most / 2) : most), most);
  const cut = cutAt(episode, limit);
  const right = wholeReturns(cut, gamma);
  const wrong = returnsAsIfTerminal(cut, gamma);
  const shown = bootstraps ? right : wrong;
  const [first, last] = [shown[0] ?? 0, shown.at(-1) ?? 0];
  return (
    <>
      <Switch
        label="bootstrap at the limit"
        checked={bootstraps}
        onChange={(event) => setBootstraps(event.currentTarget.checked)}
      />
      <StepPlot
        description={`Targets of ${limit} steps ${bootstraps ? "with" : "without"} bootstrap at the limit: from ${formatMeasured(first)} to ${formatMeasured(last)}`}
        lines={[
          { label: "V", tone: "run", y: cut.values },
          {
            label: bootstraps ? "target, bootstrapped" : "target, limit taken for the end",
            tone: "person",
            y: shown,
          },
        ]}
        xLabel="step"
        yFrom={0}
      />
      <Knobs>
        <LiveSlider
          label="Time limit, in steps"
          value={limit}
          minimum={1}
          maximum={most}
          isWhole
          onChange={setAsked}
        />
      </Knobs>
      <Reading>
        At the first step the target is <strong>{formatMeasured(first)}</strong>, at the last{" "}
        <strong>{formatMeasured(last)}</strong>.{" "}
        {bootstraps
          ? "The state at the limit keeps its value, so states that look alike are worth alike."
          : "The states look alike, so one number has to serve them all:"}{" "}
        {!bootstraps && (
          <>
            the critic settles near the mean, <strong>{formatMeasured(mean(wrong))}</strong> instead
            of {formatMeasured(mean(right))}, and is wrong everywhere.
          </>
        )}
      </Reading>
    </>
  );
}
