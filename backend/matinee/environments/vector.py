"""What every vector of environments looks like to a learner, whatever is underneath.

Gymnasium has three conventions for what a vector does when an episode ends. The learner sees one:

* `observations` are always what to act on next;
* `valid` is False for a step that did nothing but reset (Gymnasium's NEXT_STEP mode);
* `final` holds the last observations of truncated episodes where `observations` no longer shows
  them, because the environment was reset within the step;
* `set_parameters` changes the physics of an environment where its next episode begins;
* `ended` says where an episode is over, for counting returns and lengths. Where a lost life is
  `terminated` although the game goes on, the two differ.

Reference: Gymnasium's documentation on vector autoreset modes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from matinee.contracts.agent_interface import AgentInterface


class FinalObservations(NamedTuple):
    """Last observations of truncated episodes."""

    indices: NDArray[np.intp]
    """Which environments. Shape: (K,)."""

    observations: NDArray[Any]
    """Shape: (K, *observation_shape)."""


class StepResult(NamedTuple):
    """One step of N environments. Arrays may be reused by the next step."""

    observations: NDArray[Any]
    """What to act on next. Shape: (N, *observation_shape)."""

    rewards: NDArray[Any]
    """Raw rewards. Shape: (N,), like all that follow."""

    terminated: NDArray[np.bool_]
    """No reward can follow: the value of what comes next is 0."""

    truncated: NDArray[np.bool_]
    valid: NDArray[np.bool_]
    ended: NDArray[np.bool_]
    """The episode is over, one way or the other."""

    final: FinalObservations | None


class EnvironmentVector(Protocol):
    """N environments stepped together by one thread."""

    @property
    def count(self) -> int:
        """N."""

    @property
    def interface(self) -> AgentInterface:
        """Shapes and types of observations and actions."""

    def reset(self, seed: int) -> NDArray[Any]:
        """Begin everywhere; shape (N, *observation_shape)."""

    def step(self, actions: NDArray[Any]) -> StepResult:
        """Do `actions`: int64 of shape (N, K) or float32 of shape (N, d)."""

    def set_parameters(self, parameters: Mapping[str, float]) -> None:
        """From each environment's next reset on; by the names of the catalogue."""

    def close(self) -> None:
        """Free what the environments hold."""
