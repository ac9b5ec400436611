/** Chapter: why subtracting something changes nothing but the noise. */

import { Chapter, Cite, Formula, M, Table } from "../prose";

const tex = String.raw;

export function Baseline() {
  return (
    <Chapter id="baseline">
      <p>
        REINFORCE is right on average and wild in every single case. In CartPole all returns are
        positive, so <em>everything</em> that is done is made likelier, good or bad. Only because
        good actions are pushed a little more does it work in the end. It can be calmed for nothing:
        subtract from the return any number that does not depend on the action.
      </p>
      <Formula
        latex={tex`\begin{aligned} \mathbb{E}_{a \sim \pi}\big[\nabla \log \pi(a|s)\; b(s)\big] &= \sum_a \pi(a|s)\, \frac{\nabla \pi(a|s)}{\pi(a|s)}\, b(s) \\ &= b(s)\, \nabla \sum_a \pi(a|s) \;=\; b(s)\, \nabla 1 \;=\; 0 \end{aligned}`}
        where={[[tex`b(s)`, "the baseline: any function of the state alone"]]}
        source={<Cite of="sutton2018" at="section 13.4" />}
      />
      <p>So the gradient stays what it is, whatever we subtract:</p>
      <Formula
        latex={tex`\nabla_{\theta} J \;\propto\; \mathbb{E}_{\pi}\Big[ \nabla_{\theta} \log \pi_{\theta}(a|s)\, \big( Q^{\pi}(s,a) - b(s) \big) \Big]`}
        source={
          <>
            <Cite of="sutton2018" at="equation 13.10" />, <Cite of="greensmith2004" />
          </>
        }
      />
      <p>
        What changes is the noise. Take one state, two actions that are equally likely, and returns
        of 100 and 102. This is the slope along the first logit that a single try would give:
      </p>
      <Table
        label="One try, with and without a baseline"
        head={["", "first action, 100", "second action, 102", "mean", "spread"]}
        rows={[
          ["no baseline", "0.5 · 100 = 50", "−0.5 · 102 = −51", "−0.5", "50.5"],
          ["baseline 101", "0.5 · (−1) = −0.5", "−0.5 · 1 = −0.5", "−0.5", "0"],
        ]}
      />
      <p>
        The mean is the same to the last digit. Without a baseline you would need thousands of tries
        to see it; with one, a single try is enough. A good and natural choice is the value of the
        state, and then what stands in the bracket is an old friend:
      </p>
      <Formula
        latex={tex`b(s) = V^{\pi}(s) \quad\Longrightarrow\quad \nabla_{\theta} J \;\propto\; \mathbb{E}_{\pi}\Big[ \nabla_{\theta} \log \pi_{\theta}(a|s)\; A^{\pi}(s,a) \Big]`}
        source={
          <>
            The two lines above; <Cite of="greensmith2004" /> also on what would be optimal, which{" "}
            <M latex="V^{\pi}" /> is not quite
          </>
        }
      />
    </Chapter>
  );
}
