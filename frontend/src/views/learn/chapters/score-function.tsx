/** Chapter: the objective, the likelihood ratio, and the score. */

import { Aside, Chapter, Cite, Formula, M } from "../prose";
import { RunFigures } from "../run-figures";
import { SoftmaxWidget } from "../widgets/softmax-widget";

const tex = String.raw;

export function ScoreFunction() {
  return (
    <Chapter id="score-function">
      <p>
        Now the policy is a network, too, with weights <M latex="\theta" />. How good it is fits in
        one number, the mean return of the episodes that it plays:
      </p>
      <Formula
        latex={tex`J(\theta) \;=\; \mathbb{E}_{\tau \sim p_{\theta}}\big[\, G(\tau) \,\big], \qquad p_{\theta}(\tau) \;=\; p(s_0) \prod_{t} \pi_{\theta}(a_t|s_t)\; p(s_{t+1}|s_t,a_t)`}
        where={[
          [tex`J(\theta)`, "the objective, which is to become large"],
          [tex`\theta`, "the weights of the policy's network"],
          [tex`\tau`, "a trajectory: all states and actions of one episode"],
          [
            tex`G(\tau)`,
            <>
              its return, <M latex="\sum_t \gamma^t r_t" />
            </>,
          ],
          [tex`p_{\theta}(\tau)`, "how likely the episode is under this policy"],
          [tex`p(s_{t+1}|s_t,a_t)`, "how the world answers; nobody knows it"],
        ]}
        source={<Cite of="williams1992" />}
      />
      <Aside title="A matter of names">
        <p>
          The notebook calls <M latex="J" /> the score function. In statistics, and on this page,
          the <em>score</em> is the gradient of a log probability,{" "}
          <M latex="\nabla_\theta \log \pi_\theta" />, and <M latex="J" /> is the objective.
        </p>
      </Aside>
      <p>
        We want its gradient. That looks hopeless: the rewards come from the world, and the world
        cannot be differentiated. But <M latex="\theta" /> does not change what a given episode is
        worth. It changes how <em>likely</em> the episode is. And the slope of a probability is the
        probability times the slope of its logarithm, which is called the likelihood-ratio trick:
      </p>
      <Formula
        latex={tex`\begin{aligned} & \nabla_{\theta}\, p_{\theta} \;=\; p_{\theta}\, \nabla_{\theta} \log p_{\theta} \\ & \nabla_{\theta} J \;=\; \sum_{\tau} \nabla_{\theta}\, p_{\theta}(\tau)\, G(\tau) \;=\; \mathbb{E}_{\tau \sim p_{\theta}}\big[\, \nabla_{\theta} \log p_{\theta}(\tau)\; G(\tau) \,\big] \end{aligned}`}
        where={[[tex`\nabla_{\theta}`, "the gradient: the slope along each weight"]]}
        source={
          <>
            <Cite of="williams1992" />; a sum for episodes that can be counted, else an integral
          </>
        }
      />
      <p>
        Suddenly it is a mean over episodes, and means we can estimate by playing. Better still: a
        logarithm turns the product into a sum, and everything that the world does drops out, since
        it does not depend on <M latex="\theta" />. What is left is the policy's own score, step by
        step:
      </p>
      <Formula
        latex={tex`\nabla_{\theta} \log p_{\theta}(\tau) \;=\; \sum_{t} \nabla_{\theta} \log \pi_{\theta}(a_t|s_t)`}
        source="The logarithm of the product above"
      />
      <p>
        An action cannot change rewards that came before it, so each score is multiplied only by
        what came after:
      </p>
      <Formula
        latex={tex`\nabla_{\theta} J \;=\; \mathbb{E}_{\pi_\theta}\Big[\, \sum_{t} \gamma^{t}\, \nabla_{\theta} \log \pi_{\theta}(a_t|s_t)\; G_t \,\Big]`}
        source={
          <>
            REINFORCE; <Cite of="williams1992" />. The <M latex="\gamma^{t}" /> belongs there, and
            everybody drops it: see below
          </>
        }
      />
      <p>
        Read it aloud: <em>make what you did likelier, by as much as it paid off</em>. That is the
        whole of policy gradients. Averaged over actions and over the states that the policy visits,
        it becomes the theorem that carries the name:
      </p>
      <Formula
        latex={tex`\nabla_{\theta} J \;\propto\; \sum_{s} d^{\pi}(s) \sum_{a} \nabla_{\theta}\, \pi_{\theta}(a|s)\; Q^{\pi}(s,a)`}
        where={[
          [tex`d^{\pi}(s)`, "how often the policy is in state s"],
          [tex`\propto`, "up to a factor, which the step size swallows"],
        ]}
        source={
          <>
            Policy gradient theorem; <Cite of="sutton2000" />,{" "}
            <Cite of="sutton2018" at="equation 13.5" />
          </>
        }
      />
      <Aside title="The small print">
        <p>
          With <M latex="\gamma < 1" /> the exact gradient gives late steps less weight, by{" "}
          <M latex="\gamma^{t}" />. A3C, A2C, PPO and this program leave that factor out: they
          follow a direction that is not exactly the gradient of the discounted objective, and get
          along well with it. <Cite of="thomas2014" /> has the details.
        </p>
      </Aside>
      <h3>The score of a softmax</h3>
      <p>
        For a choice among a few actions the network gives one number for each, a <em>logit</em>,
        and softmax makes them probabilities. Its score is as simple as can be:
      </p>
      <Formula
        latex={tex`\pi(a|s) = \frac{e^{z_a}}{\sum_b e^{z_b}}, \qquad \frac{\partial \log \pi(a|s)}{\partial z_j} \;=\; \mathbf{1}[j=a] - \pi(j|s)`}
        where={[
          [tex`z_j`, "the logit of action j"],
          [tex`\mathbf{1}[j=a]`, "1 for the action that was taken, 0 for the others"],
        ]}
        source={
          <>
            By differentiation; the eligibility of <Cite of="williams1992" />
          </>
        }
      />
      <SoftmaxWidget shows="score" />
      <p>
        An action that was certain anyway has a score near 0: doing what you always do teaches
        nothing. A rare one has a large score. And over the policy's own actions the mean score is
        exactly 0, which the next chapter lives on.
      </p>
      <RunFigures metrics={["policy_loss", "log_probability_max"]} />
    </Chapter>
  );
}
