/** Chapter: what more actors are good for. */

import { Chapter, Cite, Formula, M } from "../prose";
import { RunFigures } from "../run-figures";

const tex = String.raw;

export function ManyActors() {
  return (
    <Chapter id="many-actors">
      <p>
        One agent sees one thing after another. At step 30 the pole leans left, at step 31 it leans
        left, at step 32 it leans left. Learn from these three and you learn about leaning left,
        three times. Neural networks are poor at this: they forget the right while they study the
        left. How little such samples are worth can be said exactly:
      </p>
      <Formula
        latex={tex`\mathrm{Var}\big[\bar g\big] \;=\; \frac{\sigma^2}{B}\, \big( 1 + (B-1)\, c \big)`}
        where={[
          [tex`\bar g`, "the mean gradient of a batch"],
          [tex`\sigma^2`, "the variance of a single sample's gradient"],
          [tex`B`, "samples in the batch"],
          [
            tex`c`,
            "the correlation between any two of them; with 0 the noise falls as 1/B, with 1 a large batch is no better than one sample",
          ],
        ]}
        source="The variance of a mean of equally correlated numbers; textbook statistics"
      />
      <p>
        DQN shuffles: it keeps a million old steps and draws from them at random. But a policy
        gradient must learn from what <em>the present policy</em> does, and old steps were done by
        an old one. A3C&rsquo;s answer is as simple as it was cheap: let several agents play at the
        same time, each in a world of its own. One leans left while another leans right. At any
        moment, the gradients that arrive are about different things.
      </p>
      <p>
        It comes with two more gifts. Different agents explore different corners. And no graphics
        card is needed: <Cite of="mnih2016" /> trained on 16 cores of a plain processor.
      </p>
      <p>
        A word of honesty, since this program is written in Python: threads share one interpreter
        lock, so eight of them do not run eight times as fast. Threads help here because the states
        are different, and because NumPy and PyTorch let go of the lock while they compute. What it
        comes to is measured:
      </p>
      <RunFigures
        settings={["workers", "envs_per_worker"]}
        metrics={["steps_per_second", "worker_steps_per_second", "gil_bound"]}
      />
      <p>
        Look at <M latex="W" /> workers and the sum of their steps: it grows much more slowly than{" "}
        <M latex="W" />.
      </p>
    </Chapter>
  );
}
