"""What the vectorised environments share: time limit, autoreset within the step, first states."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, NamedTuple

import gymnasium
import numpy as np
from numpy.typing import NDArray

from matinee.contracts.agent_interface import AgentInterface
from matinee.environments.interface import translation
from matinee.environments.physics import set_physics
from matinee.environments.vector import FinalObservations, StepResult

State = NDArray[np.float64]
"""One column for each environment. Shape: (D, N)."""

Constants = tuple[Any, ...]
"""Of the physics: each a number, or an array with one for each environment. Shape: () or (N,)."""


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
        self._single = single
        self.constants: Constants = self.physics()
        """For `advance`: numbers while all environments are alike."""
        self._columns: NDArray[np.float64] | None = None
        """The constants of each environment, once they may differ. Shape: (K, N)."""
        self._next_column: NDArray[np.float64] | None = None
        """Of episodes that begin, once it differs from the environment's own. Shape: (K, 1)."""

    @abstractmethod
    def first_states(self, generator: np.random.Generator, count: int) -> State:
        """States of episodes that begin. Shape: (D, count)."""

    @abstractmethod
    def advance(self, state: State, actions: NDArray[Any]) -> Advance:
        """One step of the physics, for actions as the environment takes them."""

    @abstractmethod
    def observe(self, state: State) -> NDArray[np.float32]:
        """What is seen of states. Shape: (N, n)."""

    @abstractmethod
    def physics(self) -> tuple[float, ...]:
        """Those constants that parameters change, as those of the single environment are now."""

    @property
    def count(self) -> int:
        """N."""
        return self._count

    def reset(self, seed: int) -> NDArray[Any]:
        """Begin everywhere; shape (N, n)."""
        self._generator = np.random.default_rng(seed)
        self._steps[:] = 0
        if self._next_column is not None:
            self.columns()[:] = self._next_column
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
            if self._next_column is not None:
                self.columns()[:, begun] = self._next_column
            observations[begun] = self.observe(first)
        return StepResult(observations, rewards, terminated, truncated, self._valid, ended, final)

    def set_parameters(self, parameters: Mapping[str, float]) -> None:
        """From each environment's next reset on."""
        self.columns()
        set_physics(self._single, parameters)
        self._next_column = np.array(self.physics())[:, None]

    @property
    def is_changed(self) -> bool:
        """Whether anybody has ever set parameters."""
        return self._next_column is not None

    def columns(self) -> NDArray[np.float64]:
        """The constants of each environment, which `constants` are the rows of from now on."""
        if self._columns is None:
            self._columns = np.repeat(np.array(self.constants)[:, None], self._count, axis=1)
            self.constants = tuple(self._columns)
        return self._columns

    def close(self) -> None:  # noqa: B027 -- arrays need no closing
        """Nothing to free."""
