"""The fast debiased average against the slow one, and going on where it stood."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.journal.smoothing import MAX_SMOOTHING, EmaState, debiased_ema
from oracles.slow_smoothing import debiased

VALUES = st.lists(st.floats(-1e6, 1e6) | st.sampled_from([np.nan, np.inf, -np.inf]), max_size=700)
"""Longer than a block of 256, so that blocks must join."""

SMOOTHING = st.floats(0.0, MAX_SMOOTHING)


@given(VALUES, SMOOTHING)
def test_it_is_the_formula(values: list[float], smoothing: float) -> None:
    """Block by block gives what value by value gives, whatever the series and the weight."""
    smoothed, _ = debiased_ema(np.asarray(values, np.float64), smoothing)
    expected = debiased(values, smoothing)
    scale = max((abs(v) for v in values if np.isfinite(v)), default=1.0)
    assert smoothed == pytest.approx(expected, rel=1e-9, abs=1e-9 * max(scale, 1.0), nan_ok=True)


@given(VALUES, VALUES, st.floats(0.01, MAX_SMOOTHING))
def test_going_on_is_the_same_as_beginning_anew(
    before: list[float], after: list[float], smoothing: float
) -> None:
    """A series smoothed in two pieces, the state handed over, is the series smoothed at once."""
    whole, end = debiased_ema(np.asarray(before + after, np.float64), smoothing)
    first, state = debiased_ema(np.asarray(before, np.float64), smoothing, EmaState())
    second, resumed_end = debiased_ema(np.asarray(after, np.float64), smoothing, state)

    pieces = np.concatenate([first, second])
    assert pieces == pytest.approx(whole, rel=1e-9, abs=1e-3, nan_ok=True)
    assert resumed_end.count == end.count
    assert resumed_end.last == pytest.approx(end.last, rel=1e-9, abs=1e-3)
