/** Random actions against the weight that makes up for them. */

import { useState } from "react";
import { formatMeasured, formatSetting } from "../../../format/numbers";
import { InlineMath } from "../../../ui/math";
import { useLearnRun, useNewest, useUsed } from "../learn-run";
import { behaviour, importanceRatio, ratioBound } from "../maths/importance";
import { LiveSlider } from "./live-slider";
import { StepPlot } from "./step-plot";
import { Knobs, Reading, Widget } from "./widget";

const POINTS = Array.from({ length: 101 }, (_, i) => i / 100);
const ACTIONS = 2;

export function RatioWidget() {
  const [epsilon, setEpsilon] = useState(0.4);
  const [probability, setProbability] = useState(0.9);
  const bound = ratioBound(epsilon);
  const ratio = importanceRatio(probability, epsilon, ACTIONS);
  const acted = behaviour(probability, epsilon, ACTIONS);
  return (
    <Widget title="Random actions and their weight">
      <StepPlot
        description={`ρ over π for ε = ${epsilon}, with two actions: at most ${formatMeasured(bound)}; at π = ${probability} it is ${formatMeasured(ratio)}`}
        lines={[
          {
            label: "ρ, two actions",
            tone: "person",
            y: POINTS.map((p) => importanceRatio(p, epsilon, ACTIONS)),
          },
        ]}
        x={POINTS}
        xLabel="π(a|s), what the policy would do"
        yFrom={0}
        yTo={2}
        limit={{ at: bound, label: `the bound 1/(1 − ε) = ${formatMeasured(bound)}` }}
        picked={Math.round(probability * 100)}
        onPick={(point) => setProbability(point / 100)}
      />
      <Knobs>
        <LiveSlider
          label="Share of random actions, epsilon"
          shown={
            <>
              random actions, <InlineMath latex="\varepsilon" />
            </>
          }
          value={epsilon}
          minimum={0}
          maximum={0.9}
          onChange={setEpsilon}
        />
        <LiveSlider
          label="Probability of the action taken, pi"
          shown={<InlineMath latex="\pi(a|s)" />}
          value={probability}
          minimum={0}
          maximum={1}
          onChange={setProbability}
        />
      </Knobs>
      <Reading>
        It acted with <InlineMath latex="\mu(a|s)" /> = {formatMeasured(acted)}, so what is learned
        from this action counts <strong>{formatMeasured(ratio)}</strong> times. <OfTheRun />
      </Reading>
    </Widget>
  );
}

function OfTheRun() {
  const live = useLearnRun();
  const epsilon = useUsed("epsilon");
  const greatest = useNewest("importance_ratio_max");
  if (live === null || typeof epsilon !== "number") return null;
  return (
    <>
      In {live.run.name}, <InlineMath latex="\varepsilon" /> is{" "}
      <strong>{formatSetting(epsilon)}</strong>
      {greatest !== null && (
        <>
          {" "}
          and the greatest weight was <strong>{formatMeasured(greatest)}</strong>
        </>
      )}
      .
    </>
  );
}
