"""How a learner sees an environment: arrays in, arrays out, whatever the spaces were.

Between environments and networks there are two kinds of observations (a vector, an image) and two
kinds of actions. Everything else is translated where environments are built.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class CategoricalActions:
    """One choice out of several, or several such choices at once.

    Actions are int64 arrays of shape (…, K), each number from 0 to its branch's size - 1.

    Attributes:
        branches: Number of values of each choice: (n,) for Discrete(n), (2, 2, …) for MultiBinary.
    """

    branches: tuple[int, ...]

    @property
    def width(self) -> int:
        """Numbers in one action: K."""
        return len(self.branches)

    @property
    def combinations(self) -> int:
        """How many different actions there are: |A|."""
        return math.prod(self.branches)


@dataclass(frozen=True)
class GaussianActions:
    """Real numbers, drawn from a normal distribution with a diagonal covariance.

    Actions are float32 arrays of shape (…, d), as drawn: -1 and 1 stand for the bounds of the
    space, and clipping to them is the environment's side's business.
    """

    dimension: int

    @property
    def width(self) -> int:
        """Numbers in one action: d."""
        return self.dimension


ActionInterface = CategoricalActions | GaussianActions


@dataclass(frozen=True)
class AgentInterface:
    """Shapes and types between an environment and a network.

    Attributes:
        observation_shape: (n,) for a vector, (channels, height, width) for an image.
        observation_dtype: uint8 only for images; the network divides those by 255.
        actions: What the policy chooses from.
        unseen: Parts of an observation that are left out, for people.
    """

    observation_shape: tuple[int, ...]
    observation_dtype: Literal["float32", "uint8"]
    actions: ActionInterface
    unseen: tuple[str, ...] = ()

    @property
    def observation_size(self) -> int:
        """Numbers in one observation."""
        return math.prod(self.observation_shape)
