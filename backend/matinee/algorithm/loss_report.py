"""What a batch says about the learner, next to its gradient."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from matinee.algorithm.distributions import Floats
from matinee.algorithm.returns import Targets, explained_variance, weighted_variance


@dataclass(frozen=True)
class LossReport:
    """What one batch says about the learner. Means over valid steps; nan where undefined.

    All but the three terms of the loss are nan unless details were asked for.
    """

    policy_loss: float
    value_loss: float
    entropy: float
    explained_variance: float = math.nan
    value_mean: float = math.nan
    advantage_std: float = math.nan

    @property
    def is_finite(self) -> bool:
        """Whether the loss can be trusted; explained variance may be undefined all the same."""
        return all(map(math.isfinite, (self.policy_loss, self.value_loss, self.entropy)))


def report(
    *,
    policy_loss: float,
    value_loss: float,
    entropy: float,
    targets: Targets,
    values: Floats,
    sample_weights: Floats,
    detailed: bool,
) -> LossReport:
    """The report on a batch.

    Args:
        policy_loss: A term of the loss, like the next two.
        value_loss: Without its coefficient.
        entropy: Without its coefficient.
        targets: Shape of both: (B,), like the next two.
        values: V(s).
        sample_weights: 1/(number of valid steps) for valid steps, else 0.
        detailed: Whether to report what takes a look at every sample.
    """
    if not detailed:
        return LossReport(policy_loss, value_loss, entropy)
    return LossReport(
        policy_loss=policy_loss,
        value_loss=value_loss,
        entropy=entropy,
        explained_variance=explained_variance(targets.advantages, targets.returns, sample_weights),
        value_mean=float(np.dot(values, sample_weights)),
        advantage_std=math.sqrt(weighted_variance(targets.advantages, sample_weights)),
    )
