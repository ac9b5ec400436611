"""From coefficients of log π, entropy and value to one flat gradient."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fakes.interfaces import discrete
from matinee.algorithm.differentiable_policy import DifferentiablePolicy
from matinee.algorithm.networks import NetworkShape, initial_weights
from matinee.contracts.agent_interface import AgentInterface, GaussianActions

GAUSSIAN = NetworkShape(
    AgentInterface((2,), "float32", GaussianActions(2)), (3,), "tanh", True, log_std_init=-0.5
)
OBSERVATIONS = np.array([[0.3, -0.2], [1.0, 0.4], [-0.6, 0.1]], np.float32)


def test_the_entropy_of_a_gaussian_moves_its_spread_alone() -> None:
    """∂H/∂log σ = 1 for each dimension and sample, and no other weight feels it."""
    flat = initial_weights(GAUSSIAN, seed=1)
    policy = DifferentiablePolicy(GAUSSIAN, flat)
    out = np.full_like(flat, np.nan)
    nothing = np.zeros(3, np.float32)

    evaluation = policy.forward(OBSERVATIONS, np.zeros((3, 2), np.float32))
    policy.backward(log_probability=nothing, entropy=np.ones(3, np.float32), value=nothing, out=out)

    by_name = GAUSSIAN.layout().views(out)
    assert by_name.pop("policy.log_std").tolist() == pytest.approx([3.0, 3.0])
    assert all(not part.any() for part in by_name.values())
    assert evaluation.entropy.tolist() == pytest.approx(
        [math.log(2 * math.pi * math.e) - 1.0] * 3, rel=1e-5
    )


def test_the_spread_is_told_where_there_is_one() -> None:
    """σ = e^-0.5 of the Gaussian; nan for choices."""
    flat = initial_weights(GAUSSIAN, seed=1)
    choices = NetworkShape(discrete(2, 3), (3,), "tanh", shared_trunk=True)

    assert DifferentiablePolicy(GAUSSIAN, flat).mean_std == pytest.approx(math.exp(-0.5))
    assert math.isnan(DifferentiablePolicy(choices, initial_weights(choices, seed=1)).mean_std)
