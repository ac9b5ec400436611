"""A process that gets on is waited for, one that does not is not."""

from __future__ import annotations

import pytest

from matinee.runs.start_patience import StartPatience

IDLE_S = 60.0
MOST_S = 600.0


@pytest.fixture
def patience() -> StartPatience:
    """From time 1,000 on."""
    return StartPatience(1_000.0, idle_s=IDLE_S, most_s=MOST_S)


@pytest.mark.parametrize("busy_s", [0.3, None])
def test_one_that_does_nothing_is_waited_for_as_long_as_always(
    patience: StartPatience, busy_s: float | None
) -> None:
    """Without a sign of work, or without anybody who knows, the first bound holds."""
    assert patience.ran_out_after_s(1_000.0, busy_s) is None
    assert patience.ran_out_after_s(1_060.0, busy_s) is None
    assert patience.ran_out_after_s(1_060.1, busy_s) == IDLE_S


def test_one_that_starves_but_gets_on_is_waited_for(patience: StartPatience) -> None:
    """Each bit of processor time, however little, begins the first bound anew."""
    for number in range(10):
        assert patience.ran_out_after_s(1_000.0 + 59 * number, 0.01 * number) is None
    assert patience.ran_out_after_s(1_531.0 + 59, 0.09) is None
    assert patience.ran_out_after_s(1_531.0 + 61, 0.09) == IDLE_S


def test_one_that_is_busy_for_ever_is_not(patience: StartPatience) -> None:
    """A loop without an end uses processor time, too: the second bound holds whatever happens."""
    for second in range(600):
        assert patience.ran_out_after_s(1_000.0 + second, float(second)) is None
    assert patience.ran_out_after_s(1_600.5, 600.5) == MOST_S
