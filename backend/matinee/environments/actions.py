"""What a policy chooses becomes what an environment takes.

* Discrete: one choice. MultiDiscrete: several at once. MultiBinary: one choice of two for each bit.
* Box: real numbers. -1 and 1 are a bounded dimension's limits, and what lies beyond is clipped to
  them; a dimension without both bounds takes the number as it is, clipped to the bound it has.
"""

from __future__ import annotations

from typing import Any, Protocol

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from matinee.contracts.agent_interface import (
    ActionInterface,
    CategoricalActions,
    GaussianActions,
)
from matinee.contracts.policy_file import ActionCoding

LARGEST_CHOICE = 2**16
"""Values of one choice; each is an output of the network."""

LARGEST_BOUND = 1e6
"""Bounds beyond this are there only because a Box needs some."""


class ActionDecoder(Protocol):
    """Makes actions of one space out of a policy's."""

    @property
    def interface(self) -> ActionInterface:
        """What the policy chooses from."""

    def batch(self, actions: NDArray[Any]) -> NDArray[Any]:
        """Actions as gymnasium's batched space has them.

        Args:
            actions: The policy's. Shape: (N, K) int64 or (N, d) float32.
        """

    def singles(self, actions: NDArray[Any]) -> list[Any]:
        """The same, one by one for single environments."""

    def describe(self) -> ActionCoding:
        """The same for who plays the policy elsewhere."""


def action_decoder(space: gymnasium.Space[Any]) -> ActionDecoder:
    """The decoder for a space that has no `action_problem`."""
    match space:
        case spaces.Discrete():
            return _Discrete(space)
        case spaces.MultiDiscrete():
            return _Choices(space, space.nvec, start=space.start)
        case spaces.MultiBinary():
            return _Choices(space, np.full(space.shape, 2), start=np.zeros(space.shape, np.int64))
        case spaces.Box():
            return _Continuous(space)
        case _:
            raise TypeError(f"no decoder for {space}; ask action_problem first")


def action_problem(space: gymnasium.Space[Any]) -> str | None:
    """Why no policy here can act in such a space, for people; None if one can."""
    match space:
        case spaces.Discrete():
            sizes = [int(space.n)]
        case spaces.MultiDiscrete():
            sizes = [int(size) for size in space.nvec.ravel()]
        case spaces.MultiBinary():
            sizes = [2] * int(np.prod(space.shape))
        case spaces.Box():
            sizes = [1] * int(np.prod(space.shape))
            if space.dtype.kind != "f":
                return f"actions are a Box of {space.dtype}; a Box of floating-point is needed"
        case spaces.Dict() | spaces.Tuple():
            return (
                f"actions are a {type(space).__name__} of several spaces; "
                "one Discrete, MultiDiscrete, MultiBinary or Box is needed"
            )
        case _:
            return (
                f"actions are {type(space).__name__}; "
                "Discrete, MultiDiscrete, MultiBinary or Box is needed"
            )
    if not sizes:
        return "actions are empty"
    if max(sizes) > LARGEST_CHOICE:
        return f"one choice has {max(sizes):,} values; at most {LARGEST_CHOICE:,} are allowed"
    return None


class _Discrete:
    def __init__(self, space: spaces.Discrete) -> None:
        self.interface: ActionInterface = CategoricalActions((int(space.n),))
        self._start = int(space.start)

    def batch(self, actions: NDArray[Any]) -> NDArray[Any]:
        return actions[:, 0] + self._start if self._start else actions[:, 0]

    def singles(self, actions: NDArray[Any]) -> list[Any]:
        choices: list[int] = self.batch(actions).tolist()
        return choices

    def describe(self) -> ActionCoding:
        return ActionCoding(first_values=[self._start], shape=[], dtype="int64")


class _Choices:
    """Several choices at once."""

    def __init__(
        self,
        space: spaces.MultiDiscrete | spaces.MultiBinary,
        sizes: NDArray[Any],
        *,
        start: NDArray[Any],
    ) -> None:
        self.interface: ActionInterface = CategoricalActions(
            tuple(int(size) for size in sizes.ravel())
        )
        self._start = start.ravel()
        self._shape = space.shape
        self._dtype = space.dtype

    def batch(self, actions: NDArray[Any]) -> NDArray[Any]:
        chosen: NDArray[Any] = (actions + self._start).astype(self._dtype)
        return chosen.reshape(len(actions), *self._shape)

    def singles(self, actions: NDArray[Any]) -> list[Any]:
        return list(self.batch(actions))

    def describe(self) -> ActionCoding:
        return ActionCoding(
            first_values=self._start.tolist(), shape=list(self._shape), dtype=str(self._dtype)
        )


class _Continuous:
    """a = low + (clip(u, -1, 1) + 1)/2 · (high - low) for each dimension with both bounds."""

    def __init__(self, space: spaces.Box) -> None:
        low, high = space.low.ravel().astype(np.float64), space.high.ravel().astype(np.float64)
        bounded = (low >= -LARGEST_BOUND) & (high <= LARGEST_BOUND)
        self.interface: ActionInterface = GaussianActions(dimension=len(low))
        self._low, self._high = low, high
        from_, to = np.where(bounded, low, -1.0), np.where(bounded, high, 1.0)
        self._half_range = (to - from_) / 2.0
        self._centre = (to + from_) / 2.0
        self._shape = space.shape
        self._dtype = space.dtype

    def batch(self, actions: NDArray[Any]) -> NDArray[Any]:
        scaled: NDArray[Any] = self._centre + self._half_range * actions
        np.clip(scaled, self._low, self._high, out=scaled)
        return scaled.astype(self._dtype).reshape(len(actions), *self._shape)

    def singles(self, actions: NDArray[Any]) -> list[Any]:
        return list(self.batch(actions))

    def describe(self) -> ActionCoding:
        return ActionCoding(
            shape=list(self._shape),
            dtype=str(self._dtype),
            low=[_finite(bound) for bound in self._low],
            high=[_finite(bound) for bound in self._high],
            centre=self._centre.tolist(),
            half_range=self._half_range.tolist(),
        )


def _finite(bound: float) -> float | None:
    return float(bound) if np.isfinite(bound) else None
