"""Downsampling loses no peak, no count and no row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.journal.recorded_rows import Pieces
from matinee.journal.series import binned


@st.composite
def pieces(draw: st.DrawFn) -> Pieces:
    """Rows as flushes leave them, or blocks of rows: x never falls."""
    number = draw(st.integers(1, 400))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mean = generator.normal(scale=100, size=number)
    spread = generator.exponential(size=number)
    sizes = draw(st.sampled_from(([1], [16], [1, 16, 128])))
    rows = np.sort(generator.choice(sizes, size=number)).astype(np.float64)
    return Pieces(
        x=np.cumsum(generator.integers(0, 5, size=number)).astype(np.float64),
        mean=mean,
        low=mean - spread,
        high=mean + spread,
        count=rows * generator.integers(1, 9, size=number),
        rows=rows,
        worker=np.zeros(number),
    )


@given(pieces(), st.integers(1, 200))
def test_the_whole_keeps_its_extremes_and_counts(whole: Pieces, points: int) -> None:
    """Whatever the number of points: extremes, sum of counts, mean and the last row's place."""
    x, mean, low, high, count = binned(whole, whole.mean, points=points)

    assert len(x) <= points
    assert count.sum() == whole.count.sum()
    assert high.max() == whole.high.max()
    assert low.min() == whole.low.min()
    assert x[-1] == whole.x[-1]
    assert x.tolist() == sorted(x)
    assert min(whole.mean) - 1e-6 <= min(mean)
    assert max(mean) <= max(whole.mean) + 1e-6


@given(pieces())
def test_as_many_points_as_rows_change_nothing(whole: Pieces) -> None:
    """Where every row has its point, the points are the rows."""
    x, mean, low, high, _ = binned(whole, whole.mean, points=int(whole.rows.sum()))

    assert x.tolist() == whole.x.tolist()
    assert mean == pytest.approx(whole.mean)
    assert (low.tolist(), high.tolist()) == (whole.low.tolist(), whole.high.tolist())
