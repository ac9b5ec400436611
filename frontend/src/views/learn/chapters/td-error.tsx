/** Chapter: the TD error, and what an end is. */

import { Chapter, Cite, Formula, M } from "../prose";
import { RunFigures } from "../run-figures";
import { TdErrorWidget } from "../widgets/td-error-widget";
import { TruncationWidget } from "../widgets/truncation-widget";

const tex = String.raw;

export function TdError() {
  return (
    <Chapter id="td-error">
      <p>
        Nobody knows <M latex="V^{\pi}" />. We have a guess, made by a neural network, and call it{" "}
        <M latex="V" />. By the Bellman equation a right guess agrees on average with itself one
        step later. By how much it does not is the <em>temporal-difference error</em>:
      </p>
      <Formula
        latex={tex`\delta_t \;=\; \underbrace{r_t + \gamma\,(1-d_t)\,V(s_{t+1})}_{\text{what it looks like now}} \;-\; \underbrace{V(s_t)}_{\text{what was expected}}`}
        where={[
          [tex`\delta_t`, "the TD error of step t: the surprise"],
          [tex`V`, "the critic's guess of the value"],
          [
            tex`d_t`,
            "1 if step t led into a terminal state, after which nothing comes; else 0, also at a time limit",
          ],
        ]}
        source={
          <>
            <Cite of="sutton2018" at="equation 6.5" />; <M latex="d_t" /> as in{" "}
            <Cite of="pardo2018" />
          </>
        }
      />
      <p>
        Above 0 the world was kinder than expected, below 0 it was harsher. To learn a value is to
        shift the guess a little towards the surprise:
      </p>
      <Formula
        latex={tex`V(s_t) \;\leftarrow\; V(s_t) + \alpha\, \delta_t`}
        where={[[tex`\alpha`, "a small step size"]]}
        source={
          <>
            TD(0); <Cite of="sutton2018" at="equation 6.2" />
          </>
        }
      />
      <TdErrorWidget />
      <p>
        Surprises add up to the whole truth. As long as <M latex="V" /> stays as it is,
      </p>
      <Formula
        latex={tex`G_t - V(s_t) \;=\; \sum_{k=0}^{\infty} \gamma^{k}\, \delta_{t+k}`}
        source={<Cite of="sutton2018" at="equation 6.6" />}
      />
      <p>
        because every <M latex="V(s_{t+k})" /> in between is added once and taken away once. We will
        use this twice: for returns over n steps, and for V-trace.
      </p>

      <h3>An end is not always an end</h3>
      <p>
        Why the <M latex="d_t" />? If the pole falls, the episode is <em>terminated</em>: there is
        no future, and its value is 0. If the pole still stands at step 500, Gymnasium stops as
        well, but for another reason: somebody has set a limit. The episode is <em>truncated</em>.
        The world would have gone on, and the last state keeps its value.
      </p>
      <p>
        Whoever mixes the two up teaches the critic that a perfectly balanced pole at step 499 is
        worth 1, although it looks exactly like the one at step 10, which is worth 100. Try it:
      </p>
      <TruncationWidget />
      <p>
        The same holds at the end of a rollout, where nothing at all happened in the world: learning
        cuts there, and the value goes on. In a run the setting <em>bootstrap at time limits</em>{" "}
        switches the mistake on, for a lesson.
      </p>
      <RunFigures settings={["truncation_bootstrap"]} metrics={["truncated_share"]} />
    </Chapter>
  );
}
