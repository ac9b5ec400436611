"""What the vectorised environments share: time limit, autoreset within the step, first states."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import gymnasium
import numpy as np
from numpy.typing import NDArray

from matinee.contracts.agent_interface import AgentInterface
from matinee.environments.interface import translation
from matinee.environments.vector import FinalObservations, StepResult

State = NDArray[np.float64]
"""One column for each environment. Shape: (D, N)."""


class Advance(NamedTuple):
    """One step of the physics."""

    state: State
    rewards: NDArray[Any]
    """Shape: (N,), like `terminated`."""

    terminated: NDArray[np.bool_]


class ClassicVector(ABC):
    """N copies of one environment in an array. Every step is valid, as with a `LoopVector`.

    Args:
        count: N.
        single: One of gymnasium's own: its spaces and constants are used.
        max_episode_steps: Where episodes are truncated; None: nowhere.
    """

    def __init__(
        self,
        count: int,
        *,
        single: gymnasium.Env[Any, Any],
        max_episode_steps: int | None,
    ) -> None:
        self._count = count
        self._translation = translation(single.observation_space, single.action_space)
        self.interface: AgentInterface = self._translation.interface
        self._limit = max_episode_steps
        self._generator = np.random.default_rng(0)
        self._steps = np.zeros(count, np.int64)
        self._valid = np.ones(count, np.bool_)
        self.state: State = np.zeros((0, count))

    @abstractmethod
    def first_states(self, generator: np.random.Generator, count: int) -> State:
        """States of episodes that begin. Shape: (D, count)."""

    @abstractmethod
    def advance(self, state: State, actions: NDArray[Any]) -> Advance:
        """One step of the physics, for actions as the environment takes them."""

    @abstractmethod
    def observe(self, state: State) -> NDArray[np.float32]:
        """What is seen of states. Shape: (N, n)."""

    @property
    def count(self) -> int:
        """N."""
        return self._count

    def reset(self, seed: int) -> NDArray[Any]:
        """Begin everywhere; shape (N, n)."""
        self._generator = np.random.default_rng(seed)
        self._steps[:] = 0
        self.state = self.first_states(self._generator, self._count)
        return self.observe(self.state)

    def step(self, actions: NDArray[Any]) -> StepResult:
        """Do `actions`: int64 of shape (N, K) or float32 of shape (N, d)."""
        self.state, rewards, terminated = self.advance(
            self.state, self._translation.actions.batch(actions)
        )
        self._steps += 1
        truncated = (
            self._steps >= self._limit
            if self._limit is not None
            else np.zeros(self._count, np.bool_)
        )
        ended: NDArray[np.bool_] = terminated | truncated
        observations = self.observe(self.state)
        final: FinalObservations | None = None
        if np.count_nonzero(ended):
            cut = np.flatnonzero(truncated & ~terminated)
            if len(cut):
                final = FinalObservations(cut, observations[cut])
            begun = np.flatnonzero(ended)
            first = self.first_states(self._generator, len(begun))
            self.state[:, begun] = first
            self._steps[begun] = 0
            observations[begun] = self.observe(first)
        return StepResult(observations, rewards, terminated, truncated, self._valid, ended, final)

    def close(self) -> None:  # noqa: B027 -- arrays need no closing
        """Nothing to free."""
