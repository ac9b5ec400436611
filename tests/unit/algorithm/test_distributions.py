"""The categorical policy and its mixture with random actions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from matinee.algorithm.distributions import (
    gumbel_noise,
    importance_weights,
    log_probabilities_and_entropy,
)


def test_gumbel_noise_has_the_gumbel_moments() -> None:
    """Mean γ (Euler's constant, 0.577), variance π²/6; always finite."""
    noise = gumbel_noise(np.random.default_rng(0), (400_000,))

    assert np.isfinite(noise).all()
    assert noise.mean() == pytest.approx(0.5772, abs=0.01)
    assert noise.var() == pytest.approx(math.pi**2 / 6, abs=0.02)


def test_entropy_is_log_a_for_the_uniform_policy_and_zero_for_a_certain_one() -> None:
    """H ∈ [0, log|A|]; no NaN where a probability underflows to 0."""
    logits = torch.tensor([[0.0, 0.0, 0.0], [1000.0, 0.0, -1000.0]])

    log_probabilities, entropies = log_probabilities_and_entropy(logits)

    assert entropies.tolist() == pytest.approx([math.log(3), 0.0])
    assert torch.isfinite(log_probabilities).all()


def test_entropy_and_log_probabilities_are_those_of_torch() -> None:
    """torch.distributions.Categorical says the same."""
    logits = torch.randn(50, 6, generator=torch.Generator().manual_seed(0))
    theirs: Any = torch.distributions.Categorical(logits=logits)

    log_probabilities, entropies = log_probabilities_and_entropy(logits)

    torch.testing.assert_close(entropies, theirs.entropy())
    torch.testing.assert_close(log_probabilities, theirs.logits)


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

    weight = importance_weights(log_probability, epsilon=epsilon, action_count=action_count)[0]

    assert 0.0 <= weight <= 1.0 / (1.0 - epsilon) * (1 + 1e-5)


def test_the_corrected_mean_is_the_policys() -> None:
    """Σ_a μ(a) ρ(a) f(a) = Σ_a π(a) f(a)."""
    pi = np.array([0.7, 0.2, 0.1])
    f = np.array([3.0, -1.0, 10.0])
    mu = 0.6 * pi + 0.4 / 3

    rho = importance_weights(np.log(pi).astype(np.float32), epsilon=0.4, action_count=3)

    assert (mu * rho * f).sum() == pytest.approx((pi * f).sum(), rel=1e-5)
