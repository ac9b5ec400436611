"""What a batch says about the learner."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from matinee.algorithm.loss_report import LossReport, sample_details
from matinee.algorithm.returns import Targets


def test_details_are_means_and_extremes_over_the_valid_steps() -> None:
    """By hand, with two valid steps and one that must count nowhere."""
    details = sample_details(
        targets=Targets(
            advantages=np.array([1.0, -3.0, 99.0], np.float32),
            returns=np.array([2.0, 6.0, 99.0], np.float32),
        ),
        values=np.array([1.0, 4.0, -99.0], np.float32),
        log_probability=np.array([-0.5, -2.0, -99.0], np.float32),
        sample_weights=np.array([0.5, 0.5, 0.0], np.float32),
    )

    assert details == pytest.approx(
        {
            "explained_variance": 1.0 - 0.25 / 4.0,
            "value_mean": 2.5,
            "value_min": 1.0,
            "value_max": 4.0,
            "advantage_mean": -1.0,
            "advantage_std": 2.0,
            "advantage_min": -3.0,
            "advantage_max": 1.0,
            "advantage_positive": 0.5,
            "log_probability_max": 2.0,
        }
    )


def test_a_report_without_details_can_be_trusted() -> None:
    """What was not asked for is nan, and no reason to doubt the loss."""
    plain = LossReport(1.0, 2.0, 0.5)

    assert math.isnan(plain.value_mean)
    assert plain.is_finite


@pytest.mark.parametrize("term", ["policy_loss", "value_loss", "entropy"])
def test_a_term_that_is_not_finite_is_noticed(term: str) -> None:
    """Infinity and NaN alike."""
    for bad in (math.inf, math.nan):
        assert not replace(LossReport(1.0, 2.0, 0.5), **{term: bad}).is_finite
