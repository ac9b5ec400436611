"""Means of samples of unequal intervals."""

from __future__ import annotations

import pytest

from benchmarks.unequal_samples import mean_over_time


def test_a_sample_counts_for_as_long_as_it_was_measured() -> None:
    """Many short samples at the begin of a training don't outweigh the long ones that follow."""
    short = [(0.1 * number, 4.0) for number in range(1, 11)]

    assert mean_over_time([*short, (10.0, 1.0)]) == pytest.approx((1.0 * 4.0 + 9.0 * 1.0) / 10.0)
    assert mean_over_time([(3.0, 1.5)]) == pytest.approx(1.5)
