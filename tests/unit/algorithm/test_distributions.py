"""Distributions over actions, against torch's and against finite differences."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from matinee.algorithm.distributions import (
    ActionDistribution,
    CategoricalDistribution,
    GaussianDistribution,
    gumbel_noise,
    new_distribution,
)
from matinee.contracts.agent_interface import (
    ActionInterface,
    CategoricalActions,
    GaussianActions,
)

LOG_STD = np.array([0.3, -0.5, 0.0], np.float32)
KINDS = [CategoricalActions((4,)), CategoricalActions((2, 3, 2)), GaussianActions(3)]
BATCH = 50


def some_batch(kind: ActionInterface) -> tuple[ActionDistribution, Any, Any]:
    """A distribution, outputs (P, B) and actions (B, K) sampled from it."""
    generator = np.random.default_rng(0)
    distribution = new_distribution(kind, LOG_STD.copy())
    outputs = generator.normal(size=(distribution.outputs, BATCH)).astype(np.float32)
    actions = distribution.sample(outputs.T, distribution.noise(generator, (BATCH,)))
    return distribution, outputs, actions


def theirs(kind: ActionInterface, outputs: NDArray[np.float32]) -> list[Any]:
    """PyTorch's distributions: one for each branch, or one normal."""
    rows: Any = torch.from_numpy(outputs.T.copy())
    if isinstance(kind, GaussianActions):
        normal: Any = torch.distributions.Normal(rows, torch.from_numpy(LOG_STD).exp())
        return [torch.distributions.Independent(normal, 1)]
    categorical: Any = torch.distributions.Categorical
    return [categorical(logits=part) for part in rows.split(list(kind.branches), dim=1)]


def test_gumbel_noise_has_the_gumbel_moments() -> None:
    """Mean γ (Euler's constant, 0.577), variance π²/6; always finite."""
    noise = gumbel_noise(np.random.default_rng(0), (400_000,))

    assert np.isfinite(noise).all()
    assert noise.mean() == pytest.approx(0.5772, abs=0.01)
    assert noise.var() == pytest.approx(math.pi**2 / 6, abs=0.02)


def test_entropy_is_log_a_for_the_uniform_policy_and_zero_for_a_certain_one() -> None:
    """H ∈ [0, log|A|]; no NaN where a probability underflows to 0."""
    logits = np.array([[0.0, 0.0, 0.0], [1000.0, 0.0, -1000.0]], np.float32).T.copy()

    log_probability, entropies = CategoricalDistribution(CategoricalActions((3,))).evaluate(
        logits, np.array([[0], [2]])
    )

    assert entropies.tolist() == pytest.approx([math.log(3), 0.0])
    assert log_probability.tolist() == pytest.approx([-math.log(3), -2000.0])


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_log_probability_and_entropy_are_those_of_torch(kind: ActionInterface) -> None:
    """torch.distributions says the same, summed over branches or dimensions."""
    distribution, outputs, actions = some_batch(kind)
    parts = theirs(kind, outputs)
    chosen = (
        [torch.from_numpy(actions)]
        if len(parts) == 1 and actions.dtype == np.float32
        else [torch.from_numpy(actions[:, branch]) for branch in range(len(parts))]
    )

    log_probability, entropies = distribution.evaluate(outputs.copy(), actions)

    expected = sum(part.log_prob(a) for part, a in zip(parts, chosen, strict=True))
    np.testing.assert_allclose(log_probability, expected, rtol=2e-5, atol=1e-6)
    np.testing.assert_allclose(entropies, sum(part.entropy() for part in parts), rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_derivatives_equal_finite_differences(kind: ActionInterface) -> None:
    """By every output and by log σ, of any sum of log-probabilities and entropies."""
    distribution, outputs, actions = some_batch(kind)
    generator = np.random.default_rng(1)
    c, h = generator.normal(size=(2, BATCH)).astype(np.float32)

    def total(at: NDArray[Any], log_std: NDArray[Any]) -> float:
        # In float64, so that a difference of sums still has digits left.
        log_probability, entropies = new_distribution(kind, log_std).evaluate(at.copy(), actions)
        return float(c.astype(float) @ log_probability + h.astype(float) @ entropies)

    distribution.evaluate(outputs.copy(), actions)
    derivative = np.empty_like(outputs)
    by_log_std = distribution.derive(log_probability=c, entropy=h, out=derivative)

    step = 1e-2
    for place in [(0, 0), (1, 7), (outputs.shape[0] - 1, 3)]:
        up, down = outputs.astype(np.float64), outputs.astype(np.float64)
        up[place] += step
        down[place] -= step
        slope = (total(up, LOG_STD) - total(down, LOG_STD)) / (2 * step)
        assert derivative[place] == pytest.approx(slope, abs=2e-3)
    if isinstance(kind, GaussianActions):
        assert by_log_std is not None
        for dimension in range(3):
            up, down = LOG_STD.astype(np.float64), LOG_STD.astype(np.float64)
            up[dimension] += step
            down[dimension] -= step
            slope = (total(outputs, up) - total(outputs, down)) / (2 * step)
            assert by_log_std[dimension] == pytest.approx(slope, rel=1e-2, abs=1e-2)
    else:
        assert by_log_std is None


def test_every_branch_is_sampled_from_its_own_softmax() -> None:
    """Frequencies of a hundred thousand actions are the probabilities, branch by branch."""
    distribution = CategoricalDistribution(CategoricalActions((2, 3)))
    outputs = np.log(np.tile([0.3, 0.7, 0.2, 0.2, 0.6], (100_000, 1))).astype(np.float32)

    actions = distribution.sample(outputs, distribution.noise(np.random.default_rng(0), (100_000,)))

    assert actions.shape == (100_000, 2)
    assert np.bincount(actions[:, 0]) / 1e5 == pytest.approx([0.3, 0.7], abs=0.01)
    assert np.bincount(actions[:, 1]) / 1e5 == pytest.approx([0.2, 0.2, 0.6], abs=0.01)
    assert distribution.probabilities(outputs[:1])[0] == pytest.approx([0.3, 0.7, 0.2, 0.2, 0.6])
    assert distribution.mode(outputs[:1]).tolist() == [[1, 2]]


def test_a_gaussian_is_sampled_with_its_mean_and_spread() -> None:
    """Moments of a hundred thousand actions; the greedy action is the mean."""
    distribution = GaussianDistribution(GaussianActions(3), LOG_STD)
    means = np.tile(np.array([1.0, -2.0, 0.5], np.float32), (100_000, 1))

    actions = distribution.sample(means, distribution.noise(np.random.default_rng(0), (100_000,)))

    assert actions.mean(axis=0) == pytest.approx([1.0, -2.0, 0.5], abs=0.02)
    assert actions.std(axis=0) == pytest.approx(np.exp(LOG_STD), rel=0.02)
    assert distribution.mode(means[:1]).tolist() == [[1.0, -2.0, 0.5]]
