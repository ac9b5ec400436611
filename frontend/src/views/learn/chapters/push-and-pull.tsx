/** Chapter: asynchrony, told as git. */

import { Chapter, Cite, Formula, M, Table } from "../prose";
import { RunFigures } from "../run-figures";
import { InterleavingWidget } from "../widgets/interleaving-widget";

const tex = String.raw;

export function PushAndPull() {
  return (
    <Chapter id="push-and-pull">
      <p>
        Several agents, one policy: how do they share it? Think of the weights as a repository, and
        of the agents as people who work on it without ever talking to each other.
      </p>
      <Table
        label="A3C as git"
        head={["git", "A3C"]}
        rows={[
          ["the main branch", <M key="m" latex={tex`\text{the shared weights } \theta`} />],
          [
            <code key="c">git pull</code>,
            <>
              copy them into the worker: <M latex={tex`\theta' \leftarrow \theta`} />
            </>,
          ],
          [
            "work on your copy",
            <>
              play a rollout of n steps with <M latex="\theta'" />
            </>,
          ],
          [
            "a commit: a difference, not a file",
            <>
              a gradient, computed at <M latex="\theta'" />
            </>,
          ],
          [
            <code key="p">git push</code>,
            <>apply it to the shared weights as they are by now, not to those it was computed at</>,
          ],
          [
            "somebody pushed before you",
            "nobody rebases: the gradient is applied as it is, only a little old",
          ],
          ["a merge conflict", "two write at once; a few numbers are lost, and nobody minds"],
        ]}
      />
      <p>
        That is the first A in A3C. Nobody waits for anybody. The shared weights are a moving
        target, and each push is a step of the optimizer on them:
      </p>
      <Formula
        latex={tex`g \leftarrow \alpha\, g + (1-\alpha)\, \Delta\theta^2, \qquad \theta \leftarrow \theta - \eta\, \frac{\Delta\theta}{\sqrt{g + \epsilon}}`}
        where={[
          [tex`\Delta\theta`, "the gradient of the loss that a worker pushes, clipped"],
          [tex`g`, "a running mean of its square, number by number, shared by all workers as well"],
          [tex`\alpha`, "how long that mean remembers: 0.99 is about a hundred pushes"],
          [tex`\eta`, "the learning rate"],
          [tex`\epsilon`, "a small number, here inside the root as in the paper"],
        ]}
        source={
          <>
            Shared RMSProp; <Cite of="tieleman2012" />, <Cite of="mnih2016" at="supplement 7" />
          </>
        }
      />
      <p>
        Even the lock can go. If two workers write at the same time, now and then one addition is
        lost. <Cite of="recht2011" /> showed that stochastic gradient descent survives this
        splendidly where updates are sparse, and called it Hogwild. In practice it does with small
        dense networks, too; that part is experience and not a theorem.
      </p>
      <Formula
        latex={tex`\theta_{j+1} \;=\; \theta_j - \eta\, \nabla L\big(\theta_{j-\tau_j}\big)`}
        where={[
          [tex`\theta_j`, "the shared weights after j pushes"],
          [
            tex`\tau_j`,
            "the lag: how many pushes arrived between the pull and the push of this gradient",
          ],
        ]}
        source={
          <>
            Asynchronous gradient descent; after <Cite of="recht2011" />
          </>
        }
      />
      <InterleavingWidget />
      <RunFigures
        settings={["pull_interval", "update_lock", "learning_rate"]}
        metrics={["updates_per_second", "concurrent_pushes", "lost_update_bound"]}
      />
    </Chapter>
  );
}
