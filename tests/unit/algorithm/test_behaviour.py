"""Random actions mixed into the policy, and the exact probabilities of the mixture."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.algorithm.behaviour import (
    behaviour_log_probability,
    importance_weights,
    random_actions,
)
from matinee.contracts.agent_interface import CategoricalActions, GaussianActions

ANY = np.zeros((1, 1), np.int64)


@given(
    probability=st.floats(1e-6, 1.0),
    epsilon=st.floats(1e-4, 0.99),
    action_count=st.integers(2, 20),
)
def test_importance_weights_are_bounded(
    probability: float, epsilon: float, action_count: int
) -> None:
    """ρ = π/μ lies between 0 and 1/(1-ε), so the correction can't explode."""
    log_probability = np.array([math.log(probability)], np.float32)

    weight = importance_weights(
        log_probability, ANY, epsilon=epsilon, actions=CategoricalActions((action_count,))
    )[0]

    assert 0.0 <= weight <= 1.0 / (1.0 - epsilon) * (1 + 1e-5)


@pytest.mark.parametrize("branches", [(6,), (3, 2)])
def test_the_corrected_mean_is_the_policys(branches: tuple[int, ...]) -> None:
    """Σ_a μ(a) ρ(a) f(a) = Σ_a π(a) f(a), whichever way six actions are split into branches."""
    pi = np.array([0.5, 0.2, 0.1, 0.1, 0.05, 0.05])
    f = np.array([3.0, -1.0, 10.0, 2.0, 0.0, -7.0])
    mu = 0.6 * pi + 0.4 / 6

    rho = importance_weights(
        np.log(pi).astype(np.float32), ANY, epsilon=0.4, actions=CategoricalActions(branches)
    )

    assert (mu * rho * f).sum() == pytest.approx((pi * f).sum(), rel=1e-5)


def test_without_random_actions_behaviour_is_the_policy() -> None:
    """ε = 0: log μ = log π, ρ = 1."""
    log_pi = np.array([-1.0, -20.0], np.float32)

    behaviour = behaviour_log_probability(
        log_pi, ANY, epsilon=0.0, actions=CategoricalActions((3,))
    )

    assert behaviour.tolist() == log_pi.tolist()


def test_a_gaussian_mixes_with_the_uniform_density_between_the_bounds() -> None:
    """μ = (1-ε) π + ε/2^d inside [-1, 1]^d; outside only the policy can have drawn it."""
    kind = GaussianActions(2)
    log_pi = np.log(np.array([0.3, 0.3], np.float32))
    taken = np.array([[0.5, -1.0], [0.5, 1.5]], np.float32)

    behaviour = np.exp(behaviour_log_probability(log_pi, taken, epsilon=0.2, actions=kind))

    assert behaviour == pytest.approx([0.8 * 0.3 + 0.2 / 4, 0.8 * 0.3], rel=1e-5)


def test_certain_randomness_is_uniform() -> None:
    """ε = 1: log μ = -log|A|, without NaN."""
    behaviour = behaviour_log_probability(
        np.array([-50.0], np.float32), ANY, epsilon=1.0, actions=CategoricalActions((2, 4))
    )

    assert behaviour[0] == pytest.approx(-math.log(8))


def test_random_actions_are_uniform_in_every_branch_or_dimension() -> None:
    """All values of all branches alike; the whole box between the bounds."""
    generator = np.random.default_rng(0)

    chosen = random_actions(generator, CategoricalActions((2, 5)), (10_000, 2))
    drawn = random_actions(generator, GaussianActions(3), (20_000,))

    assert chosen.shape == (10_000, 2, 2)
    assert np.bincount(chosen[..., 1].ravel()) / 20_000 == pytest.approx([0.2] * 5, abs=0.02)
    assert chosen[..., 0].max() == 1
    assert drawn.dtype == np.float32
    assert (drawn.min(), drawn.max()) == pytest.approx((-1.0, 1.0), abs=1e-3)
    assert drawn.mean(axis=0) == pytest.approx(np.zeros(3), abs=0.02)
