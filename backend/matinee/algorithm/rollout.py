"""One unroll of a vector of environments, in preallocated arrays.

Three things end a row of rewards, and they differ: `terminated` (a terminal state: its value
is 0), `truncated` (a limit: its value is V) and the end of the rollout itself (likewise V).
Steps that only reset an environment are not `valid`: nothing is learned from them, and they are
not counted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.distributions import Actions, Floats
from matinee.contracts.agent_interface import AgentInterface, CategoricalActions


class Rollout:
    """T steps in each of N environments, written by one thread; one thread may then learn from it.

    Attributes:
        observations: s_0 … s_T. Row t + 1 is what the policy saw after step t; where the
            environment was reset at once, that is the new episode's first observation.
            Shape: (T + 1, N, *observation shape).
        actions: a_t. Shape: (T, N, K).
        rewards: r_t as the environment gave them. Shape: (T, N), like all that follow.
        terminated: The episode ended in a terminal state.
        truncated: The episode was cut by a limit.
        valid: False for steps that only reset an environment.
        ended: The episode is over, for counting: a lost life may be `terminated` and no end.
        log_probability: log μ(a_t|s_t), of the behaviour that chose the actions; None where that
            is the policy being learned, with random actions mixed in.
        acting_values: Mean of V(s_t) over the steps of each environment, by the weights that
            acted; nan where nobody looked, None without `log_probability`. Shape: (N,).
        version: Of the weights that acted, as the number of pushes.
        initial_state: Recurrent state before s_0; None without recurrence. Shape: (N, S).
        begins: Where s_t opens an episode, so that the state before it is 0; None without
            recurrence. Shape: (T + 1, N).

    Args:
        length: T.
        environments: N.
        interface: Shapes and types of observations and actions.
        keeps_log_probability: Whether there is `log_probability`.
        state_size: S; 0 without recurrence.
    """

    def __init__(
        self,
        *,
        length: int,
        environments: int,
        interface: AgentInterface,
        keeps_log_probability: bool = False,
        state_size: int = 0,
    ) -> None:
        steps = (length, environments)
        self.length = length
        self.environments = environments
        self.observations: NDArray[Any] = np.zeros(
            (length + 1, environments, *interface.observation_shape), interface.observation_dtype
        )
        shape = (*steps, interface.actions.width)
        self.actions: Actions = (
            np.zeros(shape, np.int64)
            if isinstance(interface.actions, CategoricalActions)
            else np.zeros(shape, np.float32)
        )
        self.rewards = np.zeros(steps, np.float32)
        self.terminated = np.zeros(steps, np.bool_)
        self.truncated = np.zeros(steps, np.bool_)
        self.valid = np.zeros(steps, np.bool_)
        self.ended = np.zeros(steps, np.bool_)
        self.log_probability = np.zeros(steps, np.float32) if keeps_log_probability else None
        self.acting_values = (
            np.full(environments, np.nan, np.float32) if keeps_log_probability else None
        )
        self.version = 0
        self.initial_state = (
            np.zeros((environments, state_size), np.float32) if state_size else None
        )
        self.begins = np.ones((length + 1, environments), np.bool_) if state_size else None
        self._detached_ends: list[tuple[int, NDArray[np.intp], NDArray[Any]]] = []

    def begin(
        self,
        observations: NDArray[Any],
        *,
        state: Floats | None = None,
        begins: NDArray[np.bool_] | None = None,
    ) -> None:
        """Start anew.

        Args:
            observations: s_0. Shape: (N, *observation shape).
            state: Recurrent state before s_0. Shape: (N, S).
            begins: Where s_0 opens an episode; left out: everywhere. Shape: (N,).
        """
        self.observations[0] = observations
        self._detached_ends.clear()
        if self.acting_values is not None:
            self.acting_values[:] = np.nan
        if self.initial_state is not None and self.begins is not None:
            self.initial_state[:] = 0.0 if state is None else state
            self.begins[0] = True if begins is None else begins

    def record(
        self,
        t: int,
        *,
        observations: NDArray[Any],
        rewards: NDArray[np.floating],
        terminated: NDArray[np.bool_],
        truncated: NDArray[np.bool_],
        valid: NDArray[np.bool_],
        ended: NDArray[np.bool_] | None = None,
    ) -> None:
        """Keep step t; `observations` are those to act on next."""
        self.observations[t + 1] = observations
        self.rewards[t] = rewards
        self.terminated[t] = terminated
        self.truncated[t] = truncated
        self.valid[t] = valid
        self.ended[t] = (terminated | truncated) if ended is None else ended
        if self.begins is not None:
            # A truncated episode that was not reset at once still needs its state for its last
            # value; the step that resets it is the one that is not valid. After a lost life the
            # game goes on, and what was seen of it counts.
            np.logical_or(terminated & self.ended[t], ~valid, out=self.begins[t + 1])

    def record_final_observations(
        self, t: int, indices: NDArray[np.intp], observations: NDArray[Any]
    ) -> None:
        """Keep the last observations of truncated episodes whose environments were reset at once.

        Args:
            t: The step that ended them, already recorded.
            indices: Which environments. Shape: (M,).
            observations: Shape: (M, *observation shape).
        """
        self._detached_ends.append((t, indices, observations))
        if self.begins is not None:
            self.begins[t + 1, indices] = True

    def final_observations(
        self,
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[Any]] | None:
        """Steps, environments and observations of all truncated ends that the rows don't show.

        Returns:
            Shapes (M,), (M,), (M, *observation shape); None if there are none.
        """
        if not self._detached_ends:
            return None
        steps = [np.full(len(indices), t, np.intp) for t, indices, _ in self._detached_ends]
        indices = [indices for _, indices, _ in self._detached_ends]
        observations = [observations for _, _, observations in self._detached_ends]
        return np.concatenate(steps), np.concatenate(indices), np.concatenate(observations)
