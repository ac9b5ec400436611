/** How far to look before trusting the critic: from one step to the end of the episode. */

import { useState } from "react";
import { formatMeasured } from "../../../format/numbers";
import { ChoiceChips } from "../../../ui/choice-chips";
import { DisplayMath } from "../../../ui/math";
import { FALL } from "../example-episodes";
import { useUsedNumber } from "../learn-run";
import type { Episode } from "../maths/episode";
import { nStepReturn, rolloutReturns, slidingReturns, wholeReturns } from "../maths/targets";
import { EpisodeWidget } from "./episode-widget";
import { LiveSlider } from "./live-slider";
import { numberLatex, resultLatex } from "./number-latex";
import { StepPlot } from "./step-plot";
import { Knobs, Reading } from "./widget";

type Way = "rollout" | "sliding";

export function NStepWidget() {
  return (
    <EpisodeWidget
      title="n, from TD to Monte Carlo"
      example={FALL}
      exampleOrigin="CartPole early in training; the pole falls at the end"
    >
      {({ episode, gamma }) => <Returns episode={episode} gamma={gamma} />}
    </EpisodeWidget>
  );
}

function Returns({ episode, gamma }: { episode: Episode; gamma: number }) {
  const length = episode.rewards.length;
  const used = useUsedNumber("rollout_length", 5);
  const [asked, setAsked] = useState<number | null>(null);
  const [step, setStep] = useState<number | null>(null);
  const [way, setWay] = useState<Way>("sliding");
  const n = Math.min(asked ?? used, length);
  const t = Math.min(step ?? Math.floor(length / 3), length - 1);
  const targets = (way === "sliding" ? slidingReturns : rolloutReturns)(episode, n, gamma);
  const whole = wholeReturns(episode, gamma);
  // In a rollout this step looks ahead only to the end of it.
  const ahead = way === "sliding" ? n : Math.min(n - (t % n), length - t);
  const { steps, earned, guessed, total } = nStepReturn(episode, t, ahead, gamma);
  return (
    <>
      <StepPlot
        description={`Targets with n = ${n}: at step ${t} ${formatMeasured(total)}; the critic says ${formatMeasured(episode.values[t])}, Monte Carlo ${formatMeasured(whole[t])}`}
        lines={[
          { label: "V", tone: "run", y: episode.values },
          { label: "Monte Carlo", tone: "quiet", y: whole },
          { label: "the target with your n", tone: "person", y: targets },
        ]}
        xLabel="step"
        yFrom={0}
        picked={t}
        onPick={setStep}
      />
      <Knobs>
        <LiveSlider
          label="n"
          value={n}
          minimum={1}
          maximum={length}
          isWhole
          isLog
          onChange={setAsked}
        />
        <LiveSlider
          label="Step"
          value={t}
          minimum={0}
          maximum={length - 1}
          isWhole
          onChange={setStep}
        />
      </Knobs>
      <ChoiceChips
        label="Which steps a return spans"
        value={way}
        onChoose={setWay}
        chips={[
          { value: "sliding", label: "every step looks n ahead", obstacle: null },
          { value: "rollout", label: "in rollouts of n, as A3C", obstacle: null },
        ]}
      />
      <DisplayMath
        latex={`R_{${t}} = \\underbrace{${numberLatex(earned)}}_{\\text{earned in ${steps} steps}} + \\underbrace{${numberLatex(guessed)}}_{\\text{the critic's guess}} = ${resultLatex(total)}`}
      />
      <Reading>
        {describe({ n, length, guessed, total, isLimited: episode.lastValue !== null })}
      </Reading>
    </>
  );
}

interface Described {
  readonly n: number;
  readonly length: number;
  readonly guessed: number;
  readonly total: number;
  readonly isLimited: boolean;
}

function describe({ n, length, guessed, total, isLimited }: Described): string {
  if (n === 1) return "One step: the TD target. Nearly all of it is what the critic says anyway.";
  if (n >= length) {
    return isLimited
      ? "All the way to the limit, and from there on what the critic says: the rest is behind it."
      : "To the end of the episode: Monte Carlo. Nothing is guessed, and all the luck of one episode is in it.";
  }
  const share = total === 0 ? 0 : Math.abs(guessed / total);
  return `${Math.round(share * 100)} % of this target is still the critic's guess. A larger n lets in more of what really happened, and more of its luck.`;
}
