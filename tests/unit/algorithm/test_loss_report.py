"""What a batch says about the learner."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from matinee.algorithm.loss_report import LossReport, report
from matinee.algorithm.returns import Targets


def some_report(*, detailed: bool) -> LossReport:
    """Two valid steps and one that must count nowhere."""
    return report(
        policy_loss=1.0,
        value_loss=2.0,
        entropy=0.5,
        targets=Targets(
            advantages=np.array([1.0, 3.0, 99.0], np.float32),
            returns=np.array([2.0, 6.0, 99.0], np.float32),
        ),
        values=np.array([1.0, 3.0, 99.0], np.float32),
        sample_weights=np.array([0.5, 0.5, 0.0], np.float32),
        detailed=detailed,
    )


def test_details_are_told_when_asked_for() -> None:
    """Means and spreads over the valid steps, by hand."""
    details = some_report(detailed=True)

    assert details.value_mean == pytest.approx(2.0)
    assert details.advantage_std == pytest.approx(1.0)
    assert details.explained_variance == pytest.approx(1.0 - 1.0 / 4.0)


def test_otherwise_only_the_terms_of_the_loss() -> None:
    """The rest is not a number, and the loss can be trusted all the same."""
    plain = some_report(detailed=False)

    assert (plain.policy_loss, plain.value_loss, plain.entropy) == (1.0, 2.0, 0.5)
    assert math.isnan(plain.value_mean)
    assert plain.is_finite


@pytest.mark.parametrize("term", ["policy_loss", "value_loss", "entropy"])
def test_a_term_that_is_not_finite_is_noticed(term: str) -> None:
    """Infinity and NaN alike."""
    for bad in (math.inf, math.nan):
        assert not replace(some_report(detailed=False), **{term: bad}).is_finite
