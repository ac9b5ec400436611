/** Chapter: what lag does, and what can be done about it. */

import { Chapter, Cite, Formula, M } from "../prose";
import { RunFigures } from "../run-figures";
import { LagWidget } from "../widgets/lag-widget";
import { RatioWidget } from "../widgets/ratio-widget";

const tex = String.raw;

export function Staleness() {
  return (
    <Chapter id="staleness">
      <p>
        The policy gradient is a mean over what <em>this</em> policy does. By the time a gradient
        arrives, the policy has moved on: the samples are those of an older one. How old, in pushes,
        this program counts for every push:
      </p>
      <LagWidget />
      <p>
        With <M latex="W" /> equal workers it is about <M latex="W-1" />, and that little does no
        harm. With a queue between acting and learning it can grow large. Then the samples should be
        weighted by how much more, or less, the present policy would have done the same:
      </p>
      <Formula
        latex={tex`\mathbb{E}_{a \sim \mu}\Big[ \rho\; \nabla \log \pi(a|s)\, A \Big] \;=\; \mathbb{E}_{a \sim \pi}\Big[ \nabla \log \pi(a|s)\, A \Big], \qquad \rho = \frac{\pi(a|s)}{\mu(a|s)}`}
        where={[
          [tex`\mu`, "the behaviour: the policy that acted"],
          [tex`\pi`, "the policy that learns"],
          [tex`\rho`, "the importance ratio; on average, over what was done, it is 1"],
        ]}
        source={
          <>
            Importance sampling; <Cite of="sutton2018" at="section 5.5" />. It needs{" "}
            <M latex="\mu > 0" /> wherever <M latex="\pi > 0" />
          </>
        }
      />
      <p>
        This needs one thing that the notebook does not store: <M latex="\log \mu(a|s)" />, at the
        moment of acting. Without it no correction is possible later.
      </p>
      <h3>Random actions are behaviour, too</h3>
      <p>
        If now and then an action is drawn at random, as in the notebook, the behaviour is not the
        policy even without any lag. Fortunately this ratio can never explode:
      </p>
      <Formula
        latex={tex`\mu_{\varepsilon}(a|s) = (1-\varepsilon)\,\pi(a|s) + \frac{\varepsilon}{|\mathcal{A}|} \quad\Longrightarrow\quad \rho = \frac{\pi}{\mu_{\varepsilon}} \;\le\; \frac{1}{1-\varepsilon}`}
        where={[[tex`\varepsilon`, "the share of actions that are random"]]}
        source={
          <>
            Because <M latex="\mu_\varepsilon \ge (1-\varepsilon)\pi" />; the mixture as in{" "}
            <Cite of="sutton2018" at="section 2.2" />
          </>
        }
      />
      <RatioWidget />
      <h3>V-trace</h3>
      <p>
        Weighting the actor is half of it. The returns, too, were earned by the old policy. IMPALA
        corrects both, and keeps the weights on a leash, because a product of many ratios is either
        nothing or enormous. Remember that a return is the value plus all surprises to come; V-trace
        is the same sum with weights:
      </p>
      <Formula
        latex={tex`\begin{aligned} v_s &= V(x_s) + \sum_{t \ge s} \gamma^{t-s} \Big( \prod_{i=s}^{t-1} c_i \Big)\, \rho_t\, \delta_t, & \delta_t &= r_t + \gamma V(x_{t+1}) - V(x_t) \\ \rho_t &= \min\!\Big(\bar\rho,\, \frac{\pi(a_t|x_t)}{\mu(a_t|x_t)}\Big), & c_i &= \min\!\Big(\bar c,\, \frac{\pi(a_i|x_i)}{\mu(a_i|x_i)}\Big) \end{aligned}`}
        where={[
          [tex`v_s`, "the corrected return of step s, which the critic learns"],
          [tex`x_t`, "the state at step t, as IMPALA writes it; terminal states have V = 0"],
          [
            tex`\bar\rho`,
            <>
              a limit that decides <em>what</em> is learned: with <M latex="\infty" /> the value of{" "}
              <M latex="\pi" />, with a small one that of a policy closer to <M latex="\mu" />
            </>,
          ],
          [tex`\bar c`, "a limit that decides only how fast: how far surprises are carried back"],
        ]}
        source={<Cite of="espeholt2018" at="equation 1" />}
      />
      <Formula
        latex={tex`\rho_s\, \nabla_{\theta} \log \pi_{\theta}(a_s|x_s)\, \big( r_s + \gamma\, v_{s+1} - V(x_s) \big)`}
        source={
          <>
            The actor&rsquo;s gradient; <Cite of="espeholt2018" at="section 4.2" />. If{" "}
            <M latex="\mu = \pi" /> and neither limit is below 1, all weights are 1, and{" "}
            <M latex="v_s" /> is the n-step return
          </>
        }
      />
      <p>
        The older recipe of GA3C puts a small number into the logarithm instead, so that actions
        which the policy has given up by now cannot blow the gradient up. It mends the explosion and
        not the bias:
      </p>
      <Formula
        latex={tex`\nabla_{\theta} \Big[ \log\big( \pi(a_{t-k}|s_{t-k};\theta_t) + \epsilon \big)\, \big( R_{t-k} - V(s_{t-k};\theta_t) \big) + \beta H \Big]`}
        where={[
          [tex`k`, "the lag, in updates"],
          [
            tex`\epsilon`,
            <>
              a tiny number, here <M latex="10^{-6}" />
            </>,
          ],
        ]}
        source={<Cite of="babaeizadeh2017" at="equation 4" />}
      />
      <p>
        How far the two policies are apart on the whole, a ratio also tells, by an estimate that is
        never negative:
      </p>
      <Formula
        latex={tex`\mathrm{KL}(\mu \,\|\, \pi) \;\approx\; \frac1B \sum_{b} \big[ (\rho_b - 1) - \log \rho_b \big], \qquad a_b \sim \mu`}
        where={[[tex`\rho_b`, "the ratio of sample b, before any limit"]]}
        source={
          <>
            The estimator k3; <Cite of="schulman2020" />
          </>
        }
      />
      <RunFigures
        settings={["correction", "epsilon"]}
        metrics={["policy_lag", "importance_ratio_mean", "importance_clipped", "behaviour_kl"]}
      />
    </Chapter>
  );
}
