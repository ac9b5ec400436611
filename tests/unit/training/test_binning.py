"""Values are counted in nested bins."""

from __future__ import annotations

import numpy as np

from matinee.contracts.histograms import MAX_BINS, Histogram
from matinee.training.binning import binned


def test_whole_numbers_have_a_bin_each() -> None:
    """Discrete actions: no bin holds two of them."""
    assert binned(np.array([1, 3, 3, 1, 1])) == Histogram(0, 1, (3.0, 0.0, 2.0))


def test_a_wide_range_has_wide_bins() -> None:
    """CartPole's returns: few enough bins, each value in its own range."""
    values = np.arange(0.0, 501.0)
    histogram = binned(values)

    assert histogram is not None
    assert len(histogram.counts) <= MAX_BINS
    assert histogram.width == 8.0
    assert sum(histogram.counts) == 501.0
    assert histogram.counts[0] == 8.0


def test_small_numbers_have_narrow_bins() -> None:
    """Continuous actions in [-1, 1]: the bins are 1/16 wide."""
    histogram = binned(np.linspace(-1.0, 1.0, 1000, dtype=np.float32))

    assert histogram is not None
    assert histogram.width == 1 / 16
    assert histogram.first == -1 / histogram.width


def test_one_value_and_no_value() -> None:
    """A single value has one bin; nothing, or nothing finite, has none."""
    assert binned(np.array([2.5, 2.5])) == Histogram(0, 2, (2.0,))
    assert binned(np.array([])) is None
    assert binned(np.array([np.nan, np.inf])) is None


def test_large_numbers_have_bins_that_a_file_can_hold() -> None:
    """Returns of 1e300, all equal or not: bins are so wide that their numbers are small."""
    for values in (np.array([1e300, 1e300]), np.array([-1e300, 1e300])):
        histogram = binned(values)
        assert histogram is not None
        assert abs(histogram.first) < 2**53
        assert sum(histogram.counts) == 2.0
        assert histogram.first * histogram.width <= values.min()
