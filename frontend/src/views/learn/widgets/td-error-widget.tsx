/** TD errors along an episode, and one of them worked out. */

import { useState } from "react";
import { formatMeasured } from "../../../format/numbers";
import { DisplayMath } from "../../../ui/math";
import { FALL } from "../example-episodes";
import { type Episode, nextValue } from "../maths/episode";
import { tdErrors } from "../maths/targets";
import { EpisodeWidget } from "./episode-widget";
import { LiveSlider } from "./live-slider";
import { numberLatex, resultLatex } from "./number-latex";
import { StepPlot } from "./step-plot";
import { Knobs, Reading } from "./widget";

export function TdErrorWidget() {
  return (
    <EpisodeWidget
      title="A surprise at every step"
      example={FALL}
      exampleOrigin="CartPole early in training; the pole falls at the end"
    >
      {({ episode, gamma }) => <Errors episode={episode} gamma={gamma} />}
    </EpisodeWidget>
  );
}

function Errors({ episode, gamma }: { episode: Episode; gamma: number }) {
  const last = episode.rewards.length - 1;
  const [chosen, setChosen] = useState<number | null>(null);
  const t = Math.min(chosen ?? last, last);
  const errors = tdErrors(episode, gamma);
  const [reward = 0, value = 0, error = 0] = [episode.rewards[t], episode.values[t], errors[t]];
  const isTerminal = t === last && episode.lastValue === null;
  const ahead = nextValue(episode, t);
  return (
    <>
      <StepPlot
        description={`The critic's value along ${last + 1} steps, from ${formatMeasured(episode.values[0])} to ${formatMeasured(episode.values[last])}`}
        lines={[{ label: "V, what the critic expects from here", tone: "run", y: episode.values }]}
        xLabel="step"
        picked={t}
        onPick={setChosen}
        height={120}
      />
      <StepPlot
        description={`TD errors of ${last + 1} steps, between ${formatMeasured(Math.min(...errors))} and ${formatMeasured(Math.max(...errors))}`}
        bars={{ label: "δ, the surprise", tone: "run", y: errors }}
        xLabel="step"
        picked={t}
        onPick={setChosen}
        height={130}
      />
      <Knobs>
        <LiveSlider
          label="Step"
          value={t}
          minimum={0}
          maximum={last}
          isWhole
          onChange={setChosen}
        />
      </Knobs>
      <DisplayMath
        latex={`\\delta_{${t}} = ${numberLatex(reward)} + ${numberLatex(gamma)} \\cdot ${numberLatex(ahead)} - ${numberLatex(value)} = ${resultLatex(error)}`}
      />
      <Reading>
        {isTerminal
          ? "The last step ended in a terminal state: nothing comes after it, so all that was still expected is lost at once."
          : Math.abs(error) < 0.05 * Math.abs(value)
            ? "Close to 0: it went as expected."
            : error > 0
              ? "Above 0: it went better than expected, so what was done here becomes likelier."
              : "Below 0: it went worse than expected, so what was done here becomes less likely."}
      </Reading>
    </>
  );
}
