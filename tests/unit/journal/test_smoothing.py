"""The smoothing of charts. Its agreement with the slow formula is in tests/properties."""

from __future__ import annotations

import numpy as np
import pytest

from matinee.journal.smoothing import MAX_SMOOTHING, EmaState, debiased_ema, debiased_ema_of_blocks


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


def test_blocks_of_one_row_are_rows() -> None:
    """Where nothing was added up, nothing changes."""
    values = np.random.default_rng(1).normal(size=50)
    assert (
        debiased_ema_of_blocks(values, np.ones(50), 0.9)[0] == debiased_ema(values, 0.9)[0]
    ).all()


def test_a_block_counts_as_so_many_rows_of_its_mean() -> None:
    """A block is smoothed to where its rows would be if all had its mean."""
    rows = np.array([3.0, 1.0, 16.0])
    smoothed, state = debiased_ema_of_blocks(np.array([1.0, 5.0, 2.0]), rows, 0.9)
    by_rows, whole = debiased_ema(np.repeat([1.0, 5.0, 2.0], [3, 1, 16]), 0.9)

    assert smoothed == pytest.approx(by_rows[[2, 3, 19]])
    assert state.count == whole.count == 20
    assert state.last == pytest.approx(whole.last)
