"""One unroll of a vector of environments, in preallocated arrays.

Three things end a row of rewards, and they differ: `terminated` (a terminal state: its value
is 0), `truncated` (a limit: its value is V) and the end of the rollout itself (likewise V).
Steps that only reset an environment are not `valid`: nothing is learned from them, and they are
not counted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Rollout:
    """T steps in each of N environments, written by one thread and reused by it.

    Attributes:
        observations: s_0 … s_T. Row t + 1 is what the policy saw after step t; where the
            environment was reset at once, that is the new episode's first observation.
            Shape: (T + 1, N, observation_size).
        actions: a_t, from 0 to A - 1. Shape: (T, N), like all that follow.
        rewards: r_t as the environment gave them.
        terminated: The episode ended in a terminal state.
        truncated: The episode was cut by a limit.
        valid: False for steps that only reset an environment.
    """

    def __init__(self, *, length: int, environments: int, observation_size: int) -> None:
        steps = (length, environments)
        self.length = length
        self.observations = np.zeros((length + 1, environments, observation_size), np.float32)
        self.actions = np.zeros(steps, np.int64)
        self.rewards = np.zeros(steps, np.float32)
        self.terminated = np.zeros(steps, np.bool_)
        self.truncated = np.zeros(steps, np.bool_)
        self.valid = np.zeros(steps, np.bool_)
        self._detached_ends: list[tuple[int, NDArray[np.intp], NDArray[np.float32]]] = []

    def begin(self, observations: NDArray[np.float32]) -> None:
        """Start anew from the observations of shape (N, observation_size)."""
        self.observations[0] = observations
        self._detached_ends.clear()

    def record(
        self,
        t: int,
        *,
        observations: NDArray[np.float32],
        rewards: NDArray[np.floating],
        terminated: NDArray[np.bool_],
        truncated: NDArray[np.bool_],
        valid: NDArray[np.bool_],
    ) -> None:
        """Keep step t; `observations` are those to act on next."""
        self.observations[t + 1] = observations
        self.rewards[t] = rewards
        self.terminated[t] = terminated
        self.truncated[t] = truncated
        self.valid[t] = valid

    def record_final_observations(
        self, t: int, indices: NDArray[np.intp], observations: NDArray[np.float32]
    ) -> None:
        """Keep the last observations of truncated episodes whose environments were reset at once.

        Args:
            t: The step that ended them.
            indices: Which environments. Shape: (K,).
            observations: Shape: (K, observation_size).
        """
        self._detached_ends.append((t, indices, observations))

    def final_observations(
        self,
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]] | None:
        """Steps, environments and observations of all truncated ends that the rows don't show.

        Returns:
            Shapes (K,), (K,), (K, observation_size); None if there are none.
        """
        if not self._detached_ends:
            return None
        steps = [np.full(len(indices), t, np.intp) for t, indices, _ in self._detached_ends]
        indices = [indices for _, indices, _ in self._detached_ends]
        observations = [observations for _, _, observations in self._detached_ends]
        return np.concatenate(steps), np.concatenate(indices), np.concatenate(observations)
