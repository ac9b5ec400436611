/** Chapter: what an action is worth. */

import { Chapter, Cite, Formula, M } from "../prose";

const tex = String.raw;

export function ActionValue() {
  return (
    <Chapter id="action-value">
      <p>
        The value says how good a state is. It does not say what to do in it. For that we ask what
        the first action is worth if it is chosen freely, and the policy takes over right after it:
      </p>
      <Formula
        latex={tex`\begin{aligned} Q^{\pi}(s,a) &= \mathbb{E}_{\pi}\big[\, G_t \,\big|\, s_t = s,\; a_t = a \,\big] \\ &= \mathbb{E}\big[\, r_t + \gamma\, V^{\pi}(s_{t+1}) \,\big|\, s_t = s,\; a_t = a \,\big] \end{aligned}`}
        where={[
          [
            tex`Q^{\pi}(s,a)`,
            "the action value: the mean return after this action in this state, if the policy acts from then on",
          ],
          [tex`a_t`, "the action at step t"],
        ]}
        source={
          <>
            <Cite of="sutton2018" at="equation 3.13" />; the second line is the return taken apart
            into its first step and the rest
          </>
        }
      />
      <p>
        The two are tied: a state is worth what its actions are worth, as often as each is taken.
      </p>
      <Formula
        latex={tex`V^{\pi}(s) \;=\; \sum_{a} \pi(a|s)\, Q^{\pi}(s,a)`}
        source={
          <>
            By the definition of both; <Cite of="sutton2018" at="exercise 3.18" />
          </>
        }
      />
      <p>
        One family of methods learns <M latex="Q" /> and then takes the greatest: Q-learning and
        DQN. The other, which this program belongs to, adjusts the policy itself and needs{" "}
        <M latex="Q" /> only to know in which direction. It gets along without ever storing a number
        for each action, and that is the trick of the next two chapters.
      </p>
    </Chapter>
  );
}
