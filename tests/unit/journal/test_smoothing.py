"""The smoothing of charts. Its agreement with the slow formula is in tests/properties."""

from __future__ import annotations

import numpy as np
import pytest

from matinee.journal.smoothing import MAX_SMOOTHING, EmaState, debiased_ema


def test_a_constant_series_stays_as_it_is() -> None:
    """Smoothing does not pull the beginning towards 0."""
    smoothed, _ = debiased_ema(np.full(1_000, 7.5), 0.99)
    assert smoothed == pytest.approx(np.full(1_000, 7.5))


def test_no_smoothing_changes_nothing() -> None:
    """With smoothing 0 the series comes back unchanged, as a copy."""
    values = np.array([3.0, 1.0, 2.0])
    smoothed, state = debiased_ema(values, 0.0)
    assert smoothed.tolist() == [3.0, 1.0, 2.0]
    assert smoothed is not values
    assert state == EmaState(last=2.0, count=3)


def test_gaps_pass_through() -> None:
    """NaN and infinities stay where they are and spoil nothing after them."""
    with_gaps = np.array([1.0, np.nan, 2.0, np.inf, 3.0])
    without = np.array([1.0, 2.0, 3.0])
    smoothed, state = debiased_ema(with_gaps, 0.5)
    expected, expected_state = debiased_ema(without, 0.5)

    assert np.isnan(smoothed[1])
    assert np.isinf(smoothed[3])
    assert smoothed[[0, 2, 4]] == pytest.approx(expected)
    assert state == expected_state


def test_an_empty_series_is_allowed() -> None:
    """A metric that has no values yet has no smoothed values either."""
    smoothed, state = debiased_ema(np.empty(0), 0.9)
    assert len(smoothed) == 0
    assert state == EmaState()


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, MAX_SMOOTHING + 1e-6])
def test_smoothing_out_of_range_is_refused(smoothing: float) -> None:
    """A weight that would never move, or is negative, is an error."""
    with pytest.raises(ValueError, match="smoothing must be"):
        debiased_ema(np.ones(3), smoothing)
