"""Values that change with the env step."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.contracts.schedule_curves import cosine, exponential, linear, piecewise, ramp_share

RAMPS = (linear, cosine, exponential)
POSITIVE = st.floats(1e-6, 1e3)


def test_a_ramp_holds_before_and_after() -> None:
    """0 up to its beginning, 1 from its end on, in proportion between."""
    assert [ramp_share(step, start=10, end=20) for step in (0, 10, 15, 20, 99)] == [0, 0, 0.5, 1, 1]


def test_halfway_values() -> None:
    """By hand: the middle of a line and of a cosine, the geometric mean."""
    assert linear(0.5, first=1.0, last=3.0) == 2.0
    assert cosine(0.5, first=1.0, last=3.0) == pytest.approx(2.0)
    assert cosine(0.25, first=1.0, last=3.0) == pytest.approx(1.29289, abs=1e-5)
    assert exponential(0.5, first=1e-2, last=1e-4) == pytest.approx(1e-3)


@given(first=POSITIVE, last=POSITIVE, share=st.floats(0.0, 1.0))
def test_ramps_begin_and_end_where_they_should_and_stay_between(
    first: float, last: float, share: float
) -> None:
    """No overshoot, so a schedule within bounds never leaves them by more than rounding."""
    for ramp in RAMPS:
        assert ramp(0.0, first=first, last=last) == pytest.approx(first)
        assert ramp(1.0, first=first, last=last) == pytest.approx(last)
        low, high = sorted((first, last))
        assert low * (1 - 1e-9) <= ramp(share, first=first, last=last) <= high * (1 + 1e-9)


def test_pieces_hold_from_their_step_on() -> None:
    """Before the first point its value holds too."""
    steps, values = [10, 20, 30], [1.0, 2.0, 3.0]

    read = [piecewise(step, env_steps=steps, values=values) for step in (0, 10, 19, 20, 30, 99)]

    assert read == [1, 1, 1, 2, 3, 3]
