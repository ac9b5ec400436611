/** Chapter: keeping the policy curious. */

import { Chapter, Cite, Formula, M } from "../prose";
import { RunFigures } from "../run-figures";
import { SoftmaxWidget } from "../widgets/softmax-widget";

const tex = String.raw;

export function Entropy() {
  return (
    <Chapter id="entropy">
      <p>
        A policy gradient is impatient. If the first few pushes to the left happened to go well, it
        makes them likelier, so it tries the right less often, so it never finds out. Entropy
        measures how undecided a policy still is:
      </p>
      <Formula
        latex={tex`H(\pi) \;=\; -\sum_{a} \pi(a|s)\, \log \pi(a|s), \qquad 0 \le H \le \log |\mathcal{A}|`}
        where={[
          [tex`H`, "the entropy, in nats"],
          [tex`|\mathcal{A}|`, "how many actions there are"],
        ]}
        source={<Cite of="mnih2016" at="section 4" />}
      />
      <p>
        It is 0 if one action is certain, and largest if all are equally likely. Charts of this
        program show the share <M latex="H / \log|\mathcal{A}|" />, which can be compared between
        tasks. A little of it is <em>added</em> to the objective, hence subtracted from the loss,
        with a weight <M latex="\beta" />: a bonus for not making up one's mind too early. Its pull
        on the logits is
      </p>
      <Formula
        latex={tex`\frac{\partial H}{\partial z_j} \;=\; -\,\pi(j|s)\, \big( \log \pi(j|s) + H \big)`}
        source={
          <>
            By differentiation; the idea of the bonus is from <Cite of="williams1991" />
          </>
        }
      />
      <p>
        Actions whose <M latex="\log\pi" /> is below its mean, which is <M latex="-H" />, go up, the
        others down: it always pulls towards the coin toss, and never says which action is good.
      </p>
      <SoftmaxWidget shows="entropy" />
      <p>
        In a healthy run the share begins near 1 and falls while the return rises. Near 0 with a bad
        return it has collapsed: it is sure of the wrong thing. Stuck near 1, the bonus drowns the
        rewards.
      </p>
      <p>
        Where actions are numbers and not choices, the policy is a bell curve for each of them, and
        both formulas have their counterpart:
      </p>
      <Formula
        latex={tex`\begin{aligned} \log \pi(a|s) &= -\tfrac12 \sum_i \Big[ \frac{(a_i-\mu_i)^2}{\sigma_i^2} + \log 2\pi\sigma_i^2 \Big] \\ H &= \tfrac12 \sum_i \log\big( 2\pi e\, \sigma_i^2 \big) \end{aligned}`}
        where={[
          [tex`\mu_i,\, \sigma_i`, "mean and standard deviation of action number i"],
          [tex`2\pi`, "inside the logarithms: the number, not the policy"],
        ]}
        source="The normal distribution with a diagonal covariance"
      />
      <RunFigures
        settings={["entropy_coefficient"]}
        metrics={["entropy", "entropy_fraction", "policy_std"]}
      />
    </Chapter>
  );
}
