/** Chapter: the siblings of A3C. */

import { Chapter, Cite, Formula, M, Table } from "../prose";
import { RunFigures } from "../run-figures";

const tex = String.raw;

export function A2cAndGa3c() {
  return (
    <Chapter id="a2c-and-ga3c">
      <p>
        The modes of this program share everything above: the network, the returns, the loss. They
        differ only in who computes the gradient, and where it goes.
      </p>
      <Table
        label="The modes side by side"
        head={["mode", "who acts", "who learns", "how old"]}
        rows={[
          [
            "a3c",
            "each worker, with its own copy",
            "each worker pushes for itself",
            <>
              about <M latex="W-1" /> pushes
            </>,
          ],
          ["a2c", "all environments in step", "one, after all have arrived", "0: all wait"],
          [
            "ga3c",
            "each worker, into a queue",
            "optimizer threads, out of the queue",
            "grows with the queue",
          ],
          [
            "ppo",
            "as a2c",
            "one, several times over the same steps",
            "0 at first, then a little more each time",
          ],
        ]}
      />
      <h3>A2C: the same without the A for asynchronous</h3>
      <p>
        Let everybody wait until all rollouts are there, and take one step along their mean. Nothing
        is old, nothing is lost, and the same seed gives the same run:
      </p>
      <Formula
        latex={tex`\theta \;\leftarrow\; \theta - \eta\; \frac{1}{W k n} \sum_{w=1}^{W k} \sum_{t=1}^{n} \nabla L_{w,t}(\theta)`}
        where={[
          [tex`W`, "workers"],
          [tex`k`, "environments of each"],
          [tex`n`, "steps of the rollout"],
          [tex`L_{w,t}`, "the loss of one step of one environment; all at the same weights"],
        ]}
        source={
          <>
            The loss of chapter 7 over a whole batch; here with plain gradient descent, in the
            program with the optimizer of chapter 11
          </>
        }
      />
      <p>
        When OpenAI published such a version in 2017, as A2C, they saw no sign that the noise of
        asynchrony had helped. Here it is the control of the experiment: let both train, look at
        their returns over env steps and over seconds, and see both sides.
      </p>
      <h3>GA3C: a queue in between</h3>
      <p>
        GA3C was made for a graphics card, which wants large batches. Actors put their rollouts into
        a queue; optimizer threads take out whatever waits and learn from it at once. This is what
        the notebook&rsquo;s code does, though its text describes A3C. Acting and learning now run
        at speeds of their own, and the queue shows which is the slower. It balances if
      </p>
      <Formula
        latex={tex`\text{updates per second} \times \text{samples per update} \;\approx\; \text{env steps per second}`}
        source={
          <>
            After <Cite of="babaeizadeh2017" at="section 4.2" />
          </>
        }
      />
      <p>
        If learning is slower, the queue fills, samples grow old, and the actors have to wait at its
        end, which is a good thing: an unbounded queue would just grow older. The correction for age
        is that of the chapter before.
      </p>
      <RunFigures
        settings={["algorithm", "min_batch", "queue_capacity", "optimizer_threads"]}
        metrics={["queue_fill", "queue_age_s", "learning_balance", "batch_samples"]}
      />
    </Chapter>
  );
}
