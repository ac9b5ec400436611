/** What PPO's clip does to the reward of moving on. */

import { useState } from "react";
import { formatMeasured } from "../../../format/numbers";
import { InlineMath } from "../../../ui/math";
import { clippedSurrogate } from "../maths/importance";
import { LiveSlider } from "./live-slider";
import { StepPlot } from "./step-plot";
import { Knobs, Reading, Widget } from "./widget";

const RATIOS = Array.from({ length: 101 }, (_, i) => i / 50);

export function ClipWidget() {
  const [clip, setClip] = useState(0.2);
  const [advantage, setAdvantage] = useState(1);
  const edge = advantage >= 0 ? 1 + clip : 1 - clip;
  return (
    <Widget title="How far is far enough">
      <StepPlot
        description={`PPO's objective over the ratio r for an advantage of ${advantage}: flat ${advantage >= 0 ? "above" : "below"} ${formatMeasured(edge)}`}
        lines={[
          { label: "r A", tone: "quiet", y: RATIOS.map((ratio) => ratio * advantage) },
          {
            label: "clipped",
            tone: "person",
            y: RATIOS.map((ratio) => clippedSurrogate(ratio, advantage, clip)),
          },
        ]}
        x={RATIOS}
        xLabel="r, new policy against old"
      />
      <Knobs>
        <LiveSlider
          label="Clip range"
          shown={
            <>
              clip range <InlineMath latex="\epsilon" />
            </>
          }
          value={clip}
          minimum={0.05}
          maximum={0.9}
          onChange={setClip}
        />
        <LiveSlider
          label="Advantage"
          shown={
            <>
              advantage <InlineMath latex="\hat A" />
            </>
          }
          value={advantage}
          minimum={-2}
          maximum={2}
          onChange={setAdvantage}
        />
      </Knobs>
      <Reading>
        {advantage === 0
          ? "No advantage, no direction."
          : advantage > 0
            ? `The action was good: making it likelier pays until r = ${formatMeasured(edge)}. From there on the line is flat, and a flat line has no gradient.`
            : `The action was bad: making it less likely pays until r = ${formatMeasured(edge)}. If it has become likelier by mistake, nothing is clipped: the way back is free.`}
      </Reading>
    </Widget>
  );
}
