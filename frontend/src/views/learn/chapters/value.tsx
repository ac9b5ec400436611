/** Chapter: the return of an episode, and the value of a state. */

import { Chapter, Cite, Formula, M } from "../prose";
import { RunFigures } from "../run-figures";

const tex = String.raw;

export function Value() {
  return (
    <Chapter id="value">
      <p>
        A cart stands on a rail, a pole stands on the cart, and the pole wants to fall. Fifty times
        a second something has to decide: push left, or push right. It sees four numbers, where the
        cart is and how fast, how far the pole leans and how fast. For each step that the pole stays
        up it gets a reward of 1. That is all it is ever told.
      </p>
      <p>
        So it is not told which pushes were good. A push at one moment shows its worth a second
        later, when the pole has fallen or has not. What counts is therefore not the next reward but
        everything that is still to come. We call it the <em>return</em>, and count what is far away
        a little less:
      </p>
      <Formula
        latex={tex`G_t \;=\; \sum_{k=0}^{\infty} \gamma^{k}\, r_{t+k} \;=\; r_t + \gamma\, G_{t+1}`}
        where={[
          [tex`G_t`, "the return from step t on; after the end of an episode all rewards are 0"],
          [tex`r_t`, "the reward for the action at step t"],
          [
            tex`\gamma`,
            "the discount, between 0 and 1: what a reward is still worth if it comes a step later",
          ],
        ]}
        source={<Cite of="sutton2018" at="equations 3.8 and 3.9" />}
      />
      <p>
        With <M latex="\gamma = 0.99" /> a reward in a hundred steps counts about a third, because{" "}
        <M latex="0.99^{100} \approx 0.37" />. The rule of thumb is a horizon of{" "}
        <M latex="1/(1-\gamma)" /> steps: here a hundred.
      </p>
      <p>
        The return is luck and skill mixed: the same state, left twice, may end in two different
        ways. Its mean is a property of the state, once we have said who acts there. This is the{" "}
        <em>value</em>:
      </p>
      <Formula
        latex={tex`V^{\pi}(s) \;=\; \mathbb{E}_{\pi}\big[\, G_t \,\big|\, s_t = s \,\big]`}
        where={[
          [tex`s_t`, "the state at step t: here the four numbers"],
          [
            tex`\pi`,
            <>
              the policy: <M latex="\pi(a|s)" /> is the probability that it takes action{" "}
              <M latex="a" /> in state <M latex="s" />
            </>,
          ],
          [
            tex`\mathbb{E}_{\pi}`,
            "the mean over everything that is left to chance: the actions, drawn from the policy, and the world's answers",
          ],
        ]}
        source={<Cite of="sutton2018" at="equation 3.12" />}
      />
      <p>
        A value belongs to a policy. A pole that leans by ten degrees is worth little to a beginner
        and much to somebody who can catch it. And because the return hides in itself one step
        later, so does the value:
      </p>
      <Formula
        latex={tex`V^{\pi}(s) \;=\; \mathbb{E}_{\pi}\big[\, r_t + \gamma\, V^{\pi}(s_{t+1}) \,\big|\, s_t = s \,\big]`}
        where={[[tex`s_{t+1}`, "the state that the action leads to"]]}
        source={
          <>
            Bellman equation; <Cite of="sutton2018" at="equation 3.14" />
          </>
        }
      />
      <p>
        This line is why anything here works: the value of now can be checked against the value of a
        moment later, without waiting for the end.
      </p>
      <p>
        A useful number to keep in mind: if a pole is balanced for good, each step brings 1, and{" "}
        <M latex="V = 1 + \gamma V" />, so <M latex="V = 1/(1-\gamma) = 100" />. A critic on
        CartPole that has understood says about 100 in every safe state.
      </p>
      <RunFigures settings={["gamma"]} metrics={["start_value", "start_return", "value_max"]} />
    </Chapter>
  );
}
