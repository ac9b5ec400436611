/** Chapter: the notebook that this program began with, point by point. */

import { Chapter, Cite, Formula, M, Table } from "../prose";

const tex = String.raw;

export function Notebook() {
  return (
    <Chapter id="notebook">
      <p>
        This program began with a student&rsquo;s notebook on A3C: theory first, then CartPole in a
        few hundred lines, with threads, a queue, an optimizer. It is a good notebook. It shows
        every part in the open, and some of what it gets wrong, published code got wrong, too. That
        makes its mistakes worth a chapter.
      </p>
      <h3>The text says A3C, the code is half of GA3C</h3>
      <p>
        The theory describes agents with copies of their own that push to a master. The code has one
        network for all, a queue of single steps, and two optimizer threads: GA3C, without its
        batched predictions. Both are fine, and differ in what can go wrong. Here they have their
        own names.
      </p>
      <h3>Two numbers that cannot work</h3>
      <p>
        A learning rate of <code>5e-1</code> where <code>5e-3</code> was meant is a hundred times
        too large. And with <code>decay=99</code> instead of <code>.99</code> the optimizer&rsquo;s
        running mean becomes
      </p>
      <Formula
        latex={tex`g \;\leftarrow\; 99\, g + (1 - 99)\, \Delta\theta^2 \;=\; 99\, g - 98\, \Delta\theta^2`}
        where={[
          [
            tex`g`,
            "either grows 99-fold with every step, so that the step size goes to 0, or turns negative, and then its root is not a number",
          ],
        ]}
        source={
          <>
            RMSProp of chapter 11 with <M latex="\alpha = 99" />
          </>
        }
      />
      <h3>A return that is right for long episodes only</h3>
      <p>The notebook keeps the sliding n-step return by a clever trick. With each new reward,</p>
      <Formula
        latex={tex`R \;\leftarrow\; \frac{R + \gamma^{N} r_t}{\gamma}`}
        where={[[tex`N`, "its number of steps, 8"]]}
        source="The notebook"
      />
      <p>
        After exactly <M latex="N" /> rewards each has been divided by <M latex="\gamma" /> as often
        as needed, and <M latex="R" /> is right. If the episode ends after <M latex="T < N" />{" "}
        steps, it was not: the first step&rsquo;s return comes out too small by a factor{" "}
        <M latex="\gamma^{N-T}" />, and each further one is off by more, because what is subtracted
        for it was never scaled. On CartPole hardly any episode is so short; in a grid world many
        are. The walk backwards of chapter 9 is shorter and exact.
      </p>
      <h3>A limit taken for an end</h3>
      <p>
        Its environment says <code>done</code> at a fall and at the limit of 200 steps alike, and
        the notebook sets <M latex="V = 0" /> for both: the mistake of chapter 3. The better the
        agent becomes, the more often it is told that success is death.
      </p>
      <h3>Random actions, learned as if they were chosen</h3>
      <p>
        On top of a policy that is random already it acts at random in 40 %, later 15 % of all
        steps, and learns as if the policy had wanted that. The gradient is biased, and the return
        while training has a ceiling: with two actions every other random one is the other one, so
        at 15 % still 7.5 % of all pushes go the wrong way by chance. A3C explores by drawing from
        its policy and by entropy. Here <M latex="\varepsilon" /> is 0 unless you want it; then it
        is weighted by <M latex="\rho" />, as in chapter 12.
      </p>
      <h3>A logarithm with a cushion</h3>
      <p>
        It computes <M latex="\log(\pi + 10^{-10})" />, to be safe from <M latex="\log 0" />. That
        cuts the gradient precisely where it would be needed most, at actions that have become too
        rare. Computing the logarithm of a softmax from the logits needs no cushion:{" "}
        <M latex="\log\pi_a = z_a - \log\sum_b e^{z_b}" />.
      </p>
      <h3>The rest, briefly</h3>
      <Table
        label="The notebook, point by point"
        head={["the notebook", "what is wrong, or not", "here"]}
        rows={[
          ["entropy as + β Σ p log p in the loss", "right: the sign is the same as −β H", "−β H"],
          [
            "0.5 times the squared error",
            "right; only other codes count the half",
            "value coefficient 1, on half the square",
          ],
          [
            "queue of single steps, V(s′) computed when learning",
            "fine, and fresher than in GA3C; but log μ is not stored, so nothing can be corrected",
            "segments with log μ and the version of their weights",
          ],
          [
            "batches of at least 32, without an upper limit",
            "32 is a good choice. The queue may grow without end, and samples with it",
            "a bounded queue, actors wait at its end",
          ],
          [
            "no clip of the gradient",
            "one unlucky batch can undo an hour",
            "clip by the norm of the whole gradient",
          ],
          [
            "optimizer threads that spin with sleep(0)",
            "they keep the interpreter lock busy all the time",
            "they sleep until there is work",
          ],
          [
            "frames = frames + 1 from eight threads",
            "counts get lost",
            "each thread has a counter of its own",
          ],
          [
            "one global np.random for all threads",
            "no run can be repeated",
            "a generator for each worker, from one seed",
          ],
          [
            "time.sleep(0.001) in each step",
            "a courtesy to other threads that limits each to below 1,000 steps a second",
            "worker delay, 0 unless you want to watch",
          ],
          [
            "a stop signal ends an episode and leaves memory and R as they are",
            "a restart would begin with leftovers",
            "what goes on after a stop begins with fresh episodes",
          ],
          [
            "the last test episode",
            "never returns: its stop signal stays False",
            "evaluation has an environment and an end",
          ],
          [
            "CartPole-v0, 200 steps, solved at 195",
            "fine, but easy",
            "CartPole-v1 with 500 and 475; v0 for comparison",
          ],
        ]}
      />
      <h3>Its values, and what became of them</h3>
      <Table
        label="The notebook's values"
        head={["setting", "notebook", "preset “notebook” here"]}
        rows={[
          ["environment threads", "8", "8 workers, ga3c"],
          ["optimizer threads", "2", "2"],
          ["network", "16 units, relu, one trunk", "the same"],
          ["n", "8, sliding", "8, in rollouts"],
          ["γ", "0.99", "0.99"],
          ["ε", "0.4 to 0.15 over 75,000 frames", "the same, weighted by ρ"],
          ["learning rate", "5e-1 (meant: 5e-3)", "5e-3"],
          ["RMSProp decay", "99 (meant: 0.99)", "0.99"],
          ["value weight", "0.5 on the square", "1 on half of it"],
          ["entropy weight", "0.01", "0.01"],
          ["batch", "32 or more", "32 or more"],
          ["delay of each step", "1 ms", "1 ms"],
          ["time", "30 s", "30 s, then an evaluation"],
        ]}
      />
      <p>
        To see what a mistake costs, switch it on: <em>bootstrap at time limits</em> off,{" "}
        <M latex="\varepsilon" /> at 0.4, or <em>correction</em> none, in two runs that are
        otherwise the same. On time limits, <Cite of="pardo2018" /> has the whole story.
      </p>
    </Chapter>
  );
}
