"""Ratios of probabilities, and what they say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from matinee.algorithm.off_policy import divergence, probability_ratios, staleness

WEIGHTS = np.array([0.5, 0.5, 0.0], np.float32)


def test_ratios_stay_finite() -> None:
    """π/μ by hand; however impossible the action was for the behaviour, never infinite."""
    ratios = probability_ratios(
        np.log(np.array([0.5, 0.1, 0.5], np.float32)),
        np.array([math.log(0.25), math.log(0.4), -500.0], np.float32),
    )

    assert ratios[:2].tolist() == pytest.approx([2.0, 0.25])
    assert np.isfinite(ratios).all()


def test_the_divergence_is_zero_only_for_the_same_policy() -> None:
    """Mean of (ρ-1) - log ρ over the valid steps, by hand."""
    assert divergence(np.ones(3, np.float32), WEIGHTS) == 0.0
    assert divergence(np.array([2.0, 0.5, 99.0], np.float32), WEIGHTS) == pytest.approx(
        ((1.0 - math.log(2.0)) + (-0.5 - math.log(0.5))) / 2
    )


def test_the_divergence_estimates_kl() -> None:
    """Over many samples of μ it is Σ μ log(μ/π)."""
    behaviour, policy = np.array([0.7, 0.2, 0.1]), np.array([0.4, 0.3, 0.3])
    actions = np.random.default_rng(0).choice(3, size=200_000, p=behaviour)
    ratios = (policy / behaviour)[actions].astype(np.float32)

    estimate = divergence(ratios, np.full(len(ratios), 1.0 / len(ratios), np.float32))

    assert estimate == pytest.approx(np.sum(behaviour * np.log(behaviour / policy)), rel=0.02)


def test_staleness_counts_valid_steps_only() -> None:
    """Mean, greatest and share above the limit, by hand; and how far behaviour has moved."""
    report = staleness(
        np.array([0.5, 3.0, 99.0], np.float32),
        WEIGHTS,
        drift=np.array([1.0, 2.0, 99.0], np.float32),
        rho_bar=2.0,
    )

    assert report.importance_ratio_mean == pytest.approx(1.75)
    assert report.importance_ratio_max == pytest.approx(3.0)
    assert report.importance_clipped == pytest.approx(0.5)
    assert report.behaviour_kl == pytest.approx((1.0 - math.log(2.0)) / 2)
