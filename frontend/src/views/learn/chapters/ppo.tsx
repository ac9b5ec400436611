/** Chapter: what came after. */

import { Chapter, Cite, Formula, M } from "../prose";
import { RunFigures } from "../run-figures";
import { ClipWidget } from "../widgets/clip-widget";

const tex = String.raw;

export function Ppo() {
  return (
    <Chapter id="ppo">
      <p>
        A2C throws its samples away after a single step. Could one go over them several times? After
        the first step they are those of an old policy, so by the importance ratio, yes; but nothing
        keeps the policy from running away, chasing a ratio that grows and grows. PPO cuts the
        incentive:
      </p>
      <Formula
        latex={tex`\mathbb{E}\Big[ \min\big( r_t\, \hat A_t,\; \mathrm{clip}(r_t,\, 1-\epsilon,\, 1+\epsilon)\, \hat A_t \big) \Big], \qquad r_t(\theta) = \frac{\pi_{\theta}(a_t|s_t)}{\pi_{\text{old}}(a_t|s_t)}`}
        where={[
          [tex`r_t`, "here not a reward: the ratio of the new policy to that which acted"],
          [tex`\epsilon`, "the clip range: how far the ratio may go before nothing is gained"],
          [tex`\hat A_t`, "the advantage, computed once, before the first pass"],
        ]}
        source={<Cite of="schulman2017" at="equation 7" />}
      />
      <p>
        It is to become large; the loss has a minus before it. At <M latex="r_t = 1" />, where every
        update begins, its gradient is exactly that of A2C, because there{" "}
        <M latex="\nabla r_t = \nabla \log \pi_\theta" />. The minimum makes it pessimistic: gains
        from moving too far are not counted, losses are.
      </p>
      <ClipWidget />
      <p>
        Compare it with V-trace. Both limit the same ratio: V-trace to stay right with samples that{" "}
        <em>are</em> old, PPO to keep fresh ones from being used up. That, large rollouts and
        several passes made PPO the default where A3C once was. Many actors, one trunk, n-step
        advantages and the entropy bonus it has kept.
      </p>
      <RunFigures
        settings={["clip_range", "epochs", "minibatches"]}
        metrics={["clip_fraction", "approximate_kl", "epochs_done"]}
      />
    </Chapter>
  );
}
