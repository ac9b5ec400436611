"""What PPO's epochs go over: one rollout's valid samples, with targets fixed before the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.distributions import Actions, Floats
from matinee.algorithm.returns import Targets


@dataclass(frozen=True)
class SurrogateBatch:
    """Samples in no order that matters. B of them.

    Attributes:
        observations: Shape: (B, *observation shape).
        actions: Shape: (B, K).
        log_probability: log π_old(a|s), of the policy as the rollout was made. Shape: (B,), like
            all that follow.
        targets: Advantages and returns.
        weights: π_old/μ, where random actions were mixed in; None: 1.
    """

    observations: NDArray[Any]
    actions: Actions
    log_probability: Floats
    targets: Targets
    weights: Floats | None

    @property
    def size(self) -> int:
        """B."""
        return len(self.log_probability)

    def minibatch(self, indices: NDArray[np.intp]) -> SurrogateBatch:
        """Some of the samples."""
        return SurrogateBatch(
            observations=self.observations[indices],
            actions=self.actions[indices],
            log_probability=self.log_probability[indices],
            targets=Targets(
                advantages=self.targets.advantages[indices], returns=self.targets.returns[indices]
            ),
            weights=None if self.weights is None else self.weights[indices],
        )
