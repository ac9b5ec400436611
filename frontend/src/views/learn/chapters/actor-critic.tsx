/** Chapter: the two heads, the loss as it is coded. */

import { Chapter, Cite, Formula, M } from "../prose";
import { RunFigures } from "../run-figures";

const tex = String.raw;

export function ActorCritic() {
  return (
    <Chapter id="actor-critic">
      <p>
        The pieces fit together. The <em>actor</em> is the policy; the <em>critic</em> is the guess
        of the value, and serves as the baseline. <Cite of="barto1983" /> had the two on this very
        task, a cart and a pole. What is new since is that both are heads of one network:
      </p>
      <Formula
        latex={tex`h = f_{\theta}(s), \qquad \pi_{\theta}(\cdot|s) = \mathrm{softmax}(W_{\pi} h + b_{\pi}), \qquad V_{\theta}(s) = w_{v}^{\top} h + b_{v}`}
        where={[
          [tex`h`, "the output of the trunk: what the network has understood of the state"],
          [tex`W_{\pi},\, b_{\pi}`, "weights of the actor's head: one logit for each action"],
          [tex`w_{v},\, b_{v}`, "weights of the critic's head: one number"],
        ]}
        source={<Cite of="mnih2016" at="section 4" />}
      />
      <p>
        They share the trunk because both need to know the same thing: how far the pole leans, and
        which way it swings. They also fight over it, which is why the critic's share in the loss
        has a weight. The paper writes two updates, one for each:
      </p>
      <Formula
        latex={tex`\begin{aligned} d\theta &\leftarrow d\theta + \nabla_{\theta'} \log \pi(a_t|s_t;\theta')\, \big(R_t - V(s_t;\theta_v)\big) + \beta\, \nabla_{\theta'} H\big(\pi(\cdot|s_t;\theta')\big) \\ d\theta_v &\leftarrow d\theta_v + \partial \big(R_t - V(s_t;\theta'_v)\big)^2 / \partial \theta'_v \end{aligned}`}
        where={[
          [
            tex`\theta',\, \theta'_v`,
            "the worker's own copy of the weights, of actor and critic; those of the trunk are in both",
          ],
          [tex`d\theta,\, d\theta_v`, "where the gradient is collected over a rollout"],
          [tex`R_t`, "the return that is learned from: two chapters on"],
          [tex`\beta H`, "the bonus for being undecided: next chapter"],
        ]}
        source={
          <>
            <Cite of="mnih2016" at="section 4 and Algorithm S3" />. The first line goes uphill, the
            second is an error and is gone down
          </>
        }
      />
      <p>
        Code minimises one number. So the first line changes its sign, and both become one loss, a
        mean over all steps of a rollout:
      </p>
      <Formula
        latex={tex`\begin{aligned} L(\theta) \;=\; &-\log \pi_{\theta}(a_t|s_t)\; \mathrm{sg}\big[\hat A_t\big] \\ &-\beta\, H\big(\pi_{\theta}(\cdot|s_t)\big) \\ &+ c_v\, \tfrac{1}{2} \big(R_t - V_{\theta}(s_t)\big)^2 \end{aligned}`}
        where={[
          [
            tex`\hat A_t`,
            <>
              the estimated advantage, <M latex="R_t - V_\theta(s_t)" />
            </>,
          ],
          [
            tex`\mathrm{sg}[\cdot]`,
            "stop the gradient: the advantage is a constant here, or the actor would bend the critic to please itself",
          ],
          [
            tex`R_t`,
            "a constant, too: the critic moves towards the target, never the target towards the critic",
          ],
          [
            tex`c_v`,
            "the value coefficient; 1 here is 0.5 on the plain squared error, as other libraries count",
          ],
        ]}
        source={
          <>
            What this program computes; <Cite of="mnih2016" at="section 4" />, the weight of the
            critic as in many later codes
          </>
        }
      />
      <p>
        How good is the critic? The loss alone does not tell, since returns grow while the agent
        gets better. The share of their variation that it foresees does:
      </p>
      <Formula
        latex={tex`\mathrm{EV} \;=\; 1 - \frac{\mathrm{Var}[R - V]}{\mathrm{Var}[R]}`}
        where={[
          [
            tex`\mathrm{EV}`,
            "explained variance: 1 is perfect, 0 is no better than a constant, below 0 is worse than one",
          ],
        ]}
        source="The usual definition in statistics"
      />
      <RunFigures
        settings={["value_coefficient"]}
        metrics={["value_loss", "explained_variance", "gradient_norm"]}
      />
    </Chapter>
  );
}
