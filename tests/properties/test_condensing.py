"""Downsampling loses no peak, no count and no row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.journal.series import condense

Column = npt.NDArray[np.float64]


@st.composite
def tables(draw: st.DrawFn) -> tuple[Column, Column, Column, Column, Column]:
    """Columns x, mean, min, max, count, as flushes leave them: x never falls."""
    rows = draw(st.integers(0, 400))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mean = generator.normal(scale=100, size=rows)
    spread = generator.exponential(size=rows)
    x = np.cumsum(generator.integers(0, 5, size=rows)).astype(np.float64)
    count = generator.integers(1, 9, size=rows).astype(np.float64)
    return x, mean, mean - spread, mean + spread, count


@given(tables(), st.integers(10, 200))
def test_the_whole_keeps_its_extremes_and_counts(table: tuple[Column, ...], points: int) -> None:
    """Whatever the number of points: extremes, sum of counts, first bin's and last row's place."""
    x, mean, low, high, count = table
    series = condense(
        x, mean, low, high, count, points=points, from_x=None, to_x=None, smoothing=0.0
    )
    assert len(series.x) == min(points, len(x))
    assert series.exact == (len(x) <= points)
    assert series.rows == len(x)
    assert sum(series.count) == count.sum()
    if len(x):
        assert max(series.max) == high.max()
        assert min(series.min) == low.min()
        assert series.x[-1] == x[-1]
        assert series.x == sorted(series.x)
        assert min(mean) - 1e-6 <= min(series.mean)
        assert max(series.mean) <= max(mean) + 1e-6


@given(tables(), st.integers(0, 1000), st.integers(0, 1000))
def test_a_range_is_cut_exactly(table: tuple[Column, ...], start: int, length: int) -> None:
    """A range holds exactly the rows in it, both ends included."""
    x, mean, low, high, count = table
    inside = (x >= start) & (x <= start + length)
    series = condense(
        x, mean, low, high, count, points=1000, from_x=start, to_x=start + length, smoothing=0.0
    )
    assert series.x == x[inside].tolist()
    assert series.mean == pytest.approx(mean[inside].tolist())
    assert series.max == high[inside].tolist()
