/** Chapter: between TD and Monte Carlo. */

import { Chapter, Cite, Formula, M } from "../prose";
import { RunFigures } from "../run-figures";
import { NStepWidget } from "../widgets/n-step-widget";

const tex = String.raw;

export function NStep() {
  return (
    <Chapter id="n-step">
      <p>
        How long should one wait before believing the critic? After one step, as TD does, nearly all
        of the target is the critic&rsquo;s own word: little noise, but its mistakes are copied. At
        the end of the episode, as Monte Carlo does, nothing is believed and everything is counted:
        right on average, but all the luck of a whole episode is in it. Between the two lies a
        slider, and its name is n:
      </p>
      <Formula
        latex={tex`R_t \;=\; \sum_{i=0}^{k-1} \gamma^{i}\, r_{t+i} \;+\; \gamma^{k}\, V(s_{t+k}), \qquad \hat A_t \;=\; R_t - V(s_t), \qquad k \le n`}
        where={[
          [tex`R_t`, "the n-step return: k real rewards, then the critic's guess"],
          [
            tex`k`,
            <>
              how far this step looks ahead; if the episode terminates before, there is no guess,{" "}
              <M latex="V = 0" />
            </>,
          ],
          [
            tex`n`,
            <>
              the rollout length, <M latex="t_{\max}" /> in the paper
            </>,
          ],
          [tex`\hat A_t`, "the advantage as it is estimated from it"],
        ]}
        source={
          <>
            <Cite of="mnih2016" at="section 4" />; <Cite of="sutton2018" at="equation 7.1" />
          </>
        }
      />
      <NStepWidget />
      <p>
        A3C does not slide. It plays n steps, then looks back over all of them at once: the first
        gets a return over n steps, the second over n − 1, the last over one. In code this is a
        single walk backwards, and it is exact for episodes of every length:
      </p>
      <Formula
        latex={tex`\begin{aligned} R &\leftarrow \begin{cases} 0 & \text{if } s_T \text{ is terminal} \\ V(s_T) & \text{else} \end{cases} \\ R &\leftarrow r_t + \gamma R \qquad \text{for } t = T-1,\, \ldots,\, 0 \end{aligned}`}
        where={[[tex`s_T`, "the state after the last step of the rollout"]]}
        source={<Cite of="mnih2016" at="Algorithm S3" />}
      />
      <p>
        Instead of choosing one n, all of them can be averaged, each with a weight that falls by{" "}
        <M latex="\lambda" />. Because surprises add up, this is just a longer memory for them:
      </p>
      <Formula
        latex={tex`\hat A_t^{\gamma\lambda} \;=\; \sum_{l=0}^{\infty} (\gamma\lambda)^{l}\, \delta_{t+l}`}
        where={[
          [
            tex`\lambda`,
            "0 gives the TD error alone, 1 the advantage of the n-step return; the sum ends with the rollout or the episode",
          ],
        ]}
        source={
          <>
            GAE; <Cite of="schulman2016" at="equation 16" />
          </>
        }
      />
      <RunFigures settings={["rollout_length", "gae_lambda", "gamma"]} />
    </Chapter>
  );
}
