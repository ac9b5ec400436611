r"""What the critic promises at the start of an episode, and what then comes of it.

    V(s_0)  against  G = Σ_t γ^t r_t

with the rewards as they are learned from. The returns of an update bootstrap from the critic
itself, so that their mean says little about its bias; a whole episode does. A few episodes a second
are followed, each in the first environment of a thread that acts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.distributions import Floats
from matinee.algorithm.rollout import Rollout
from matinee.algorithm.targets import shaped_rewards
from matinee.training.hyperparameters import HyperparameterValues

START_INTERVAL_S = 0.25
"""A thread begins to follow an episode at most this often: the value of its start costs a forward
pass."""

Value = Callable[[NDArray[Any], Floats | None], float]
"""V of one observation, shape (1, *observation shape), by the weights that act at present; and by
the recurrent state before it, shape (1, S), where the network remembers: None is that of a start.
"""


@dataclass(frozen=True)
class StartSample:
    """One episode that was followed from its start to its end.

    Attributes:
        value: V(s_0), by the weights that acted then.
        discounted_return: G. Where a time limit cut the episode at s_T and the learner bootstraps
            there, γ^T V(s_T) is in it, by the weights that acted at the end.
    """

    value: float
    discounted_return: float


@dataclass
class _Followed:
    """An episode that has not ended.

    Attributes:
        values: Hyperparameters under which it counts.
        promised: V(s_0).
        total: Of the discounted rewards so far.
        discount: Of the next one.
    """

    values: HyperparameterValues
    promised: float
    total: float = 0.0
    discount: float = 1.0

    def counts_under(self, values: HyperparameterValues) -> bool:
        """Whether rewards still mean the same; if not, the episode is dropped."""
        return values is self.values or _terms(values) == _terms(self.values)


class StartValues:
    """Follows one episode at a time. Used by the thread that acts, after each rollout.

    An episode ends where the critic takes it to end: after a lost life, too.

    Args:
        value: Asked at the start, and where a time limit cuts the episode.
        tell: Given each episode that has ended.
    """

    def __init__(self, value: Value, tell: Callable[[StartSample], None]) -> None:
        self._value = value
        self._tell = tell
        self._followed: _Followed | None = None
        self._due_s = 0.0
        self._opens = True
        """Whether the next rollout begins with an episode."""
        self._states: dict[int, Floats] = {}
        self._discounts = (1.0, np.ones(0))

    def keep_state(self, t: int, state: Floats) -> None:
        """A time limit cut the episode at step t, with this recurrent state. Shape: (1, S)."""
        self._states[t] = state.copy()

    def drop(self) -> None:
        """The rollout was abandoned: what came of the episode is not known."""
        self._followed = None
        self._states.clear()

    def follow(self, rollout: Rollout, values: HyperparameterValues, *, now_s: float) -> None:
        """Go on over a rollout that was just filled, before anybody learns from it.

        Args:
            rollout: Only its first environment is looked at.
            values: Hyperparameters of the rollout.
            now_s: By a clock that never goes back.
        """
        opens = self._opens
        self._opens = bool(rollout.ended[-1, 0]) or not rollout.valid[-1, 0]
        if self._followed is not None or now_s >= self._due_s:
            self._look(rollout, values, opens=opens, now_s=now_s)
        self._states.clear()

    def _look(
        self, rollout: Rollout, values: HyperparameterValues, *, opens: bool, now_s: float
    ) -> None:
        followed, begin = self._followed, 0
        if followed is not None and not followed.counts_under(values):
            followed = self._followed = None
        if followed is None and now_s >= self._due_s:
            start = _first_start(rollout, opens=opens)
            if start is not None:
                self._due_s = now_s + START_INTERVAL_S
                promised = self._value(rollout.observations[start, :1], None)
                followed, begin = _Followed(values, promised), start
        if followed is not None:
            self._followed = self._after(followed, rollout, begin)

    def _after(self, followed: _Followed, rollout: Rollout, begin: int) -> _Followed | None:
        """The episode after the steps from `begin` on; None if it has ended, and was told."""
        values = followed.values
        over = rollout.terminated[begin:, 0] | rollout.truncated[begin:, 0]
        first = int(over.argmax())
        has_ended = bool(over[first])
        steps = first + 1 if has_ended else len(over)
        rewards = shaped_rewards(
            rollout.rewards[begin : begin + steps, 0],
            scale=values.reward_scale,
            clip=values.reward_clip,
        )
        discounts = self._discounts_of(values.gamma, rollout.length)
        followed.total += followed.discount * float(np.dot(rewards, discounts[:steps]))
        followed.discount *= values.gamma**steps
        if not has_ended:
            return followed
        t = begin + first
        if values.truncation_bootstrap and not rollout.terminated[t, 0]:
            last = self._value(_observation_after(rollout, t), self._states.get(t))
            followed.total += followed.discount * last
        self._tell(StartSample(followed.promised, followed.total))
        return None

    def _discounts_of(self, gamma: float, length: int) -> NDArray[np.float64]:
        """γ^t for t < length."""
        known_gamma, discounts = self._discounts
        if known_gamma != gamma or len(discounts) != length:
            discounts = gamma ** np.arange(length, dtype=np.float64)
            self._discounts = (gamma, discounts)
        return discounts


def _terms(values: HyperparameterValues) -> tuple[float, float, float, bool]:
    """What a discounted return depends on."""
    return (
        values.gamma,
        values.reward_scale,
        values.reward_clip,
        values.truncation_bootstrap,
    )


def _first_start(rollout: Rollout, *, opens: bool) -> int | None:
    """The first step of the rollout that opens an episode."""
    follows_end = opens
    valid, ended = rollout.valid[:, 0].tolist(), rollout.ended[:, 0].tolist()
    for t in range(rollout.length):
        if valid[t] and follows_end:
            return t
        follows_end = ended[t] or not valid[t]
    return None


def _observation_after(rollout: Rollout, t: int) -> NDArray[Any]:
    """s_{t+1} of the first environment, also where it was reset within the step."""
    detached = rollout.final_observations()
    if detached is not None:
        steps, environments, observations = detached
        (found,) = np.nonzero((steps == t) & (environments == 0))
        if len(found) > 0:
            return observations[found]
    return rollout.observations[t + 1, :1]
