/** Chapter: the advantage. */

import { Chapter, Cite, Formula, M } from "../prose";
import { RunFigures } from "../run-figures";

const tex = String.raw;

export function Advantage() {
  return (
    <Chapter id="advantage">
      <p>
        A return of 80 is good news in a hopeless state and bad news in a safe one. What an action
        has to be measured by is what was to be expected there anyway:
      </p>
      <Formula
        latex={tex`A^{\pi}(s,a) \;=\; Q^{\pi}(s,a) - V^{\pi}(s)`}
        where={[
          [
            tex`A^{\pi}(s,a)`,
            "the advantage: by how much this action beats the policy's average in this state",
          ],
        ]}
        source={<Cite of="schulman2016" at="section 2" />}
      />
      <p>
        Seen from the policy itself, advantages cancel out. Some actions are better than its
        average, so others have to be worse:
      </p>
      <Formula
        latex={tex`\sum_{a} \pi(a|s)\, A^{\pi}(s,a) \;=\; V^{\pi}(s) - V^{\pi}(s) \;=\; 0`}
        source="From the tie between Q and V, two chapters up"
      />
      <p>
        And here is the gift: we need no table of <M latex="Q" /> to know the advantage. If the
        critic is right, the TD error of a single step <em>is</em> the advantage, up to luck that
        has a mean of 0:
      </p>
      <Formula
        latex={tex`\begin{aligned} \mathbb{E}\big[\delta_t \,\big|\, s_t=s,\, a_t=a\big] &= \mathbb{E}\big[\, r_t + \gamma V^{\pi}(s_{t+1}) \,\big|\, s,a \,\big] - V^{\pi}(s) \\ &= Q^{\pi}(s,a) - V^{\pi}(s) \;=\; A^{\pi}(s,a) \end{aligned}`}
        where={[
          [
            tex`\delta_t`,
            <>
              here with <M latex="V = V^{\pi}" />, and <M latex="V^{\pi} = 0" /> in terminal states
            </>,
          ],
        ]}
        source={<Cite of="schulman2016" at="section 3" />}
      />
      <p>
        If the critic is wrong, so is the advantage. That is the price of not waiting for the end,
        and the reason for looking at how much of the returns the critic explains.
      </p>
      <RunFigures metrics={["advantage_mean", "advantage_std", "advantage_positive"]} />
    </Chapter>
  );
}
