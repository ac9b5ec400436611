"""A loss whose every part counts, and weights on which a wrong derivative shows."""

from __future__ import annotations

import numpy as np

from matinee.algorithm.flat_parameters import FloatVector
from matinee.algorithm.networks import NetworkShape, initial_weights
from matinee.algorithm.objective import Objective

OBJECTIVE = Objective(
    gamma=0.9,
    gae_lambda=0.8,
    reward_scale=1.0,
    truncation_bootstrap=True,
    normalize_advantage=False,
    entropy_coefficient=0.05,
    value_coefficient=0.7,
    epsilon=0.0,
    rho_bar=1.3,
    c_bar=0.9,
)


def rough_weights(shape: NetworkShape, seed: int = 0) -> FloatVector:
    """Weights large enough that nothing is nearly linear."""
    noise = np.random.default_rng(seed).normal(scale=0.5, size=shape.layout().size)
    return (initial_weights(shape, seed=1) + noise).astype(np.float32)
