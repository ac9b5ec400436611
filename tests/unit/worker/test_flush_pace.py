"""How often a run's record is brought up to date."""

from __future__ import annotations

import pytest

from matinee.worker.flush_pace import (
    CREDIT_S,
    FLUSH_INTERVAL_S,
    LONGEST_FLUSH_INTERVAL_S,
    SHARE,
    UNWATCHED_FLUSH_INTERVAL_S,
    FlushPace,
)


class Thread:
    """One that flushes and waits, on clocks of its own."""

    def __init__(self) -> None:
        """Begin."""
        self.now_s = 50.0
        self.worked_s = 7.0
        self.pace = FlushPace(now_s=lambda: self.now_s, worked_s=lambda: self.worked_s)

    def flush(self, taking_s: float, *, is_watched: bool = True) -> float:
        """Work, and wait; returns how long it waited."""
        self.now_s += taking_s
        self.worked_s += taking_s
        waited_s = self.pace.wait_s(is_watched=is_watched)
        self.now_s += waited_s
        return waited_s

    def share_over(self, seconds: float, taking_s: float) -> float:
        """Of a core, over so long."""
        began_s, worked_s = self.now_s, self.worked_s
        while self.now_s - began_s < seconds:
            self.flush(taking_s)
        return (self.worked_s - worked_s) / (self.now_s - began_s)


def test_cheap_flushes_come_ten_times_a_second() -> None:
    """For as long as anybody looks."""
    thread = Thread()

    assert {thread.flush(0.001) for _ in range(1000)} == {FLUSH_INTERVAL_S}


@pytest.mark.parametrize("taking_s", [0.002, 0.003, 0.0037])
def test_dear_ones_take_no_more_than_their_share(taking_s: float) -> None:
    """What they take is missing in the training; how often they come gives way."""
    thread = Thread()
    thread.share_over(300.0, taking_s)

    assert thread.share_over(60.0, taking_s) == pytest.approx(SHARE, rel=0.02)


def test_the_first_seconds_are_told_at_the_full_pace() -> None:
    """However dear they are: a run that is solved in a second is seen to be."""
    thread = Thread()
    at_full_pace = 0
    while thread.flush(0.007) == FLUSH_INTERVAL_S:
        at_full_pace += 1

    assert at_full_pace * 0.007 > CREDIT_S
    assert at_full_pace * FLUSH_INTERVAL_S > 4.0


def test_who_comes_later_sees_the_full_pace_first() -> None:
    """Unwatched, a run saves up for it; but not for hours on end."""
    thread = Thread()
    thread.share_over(60.0, 0.007)
    for _ in range(3600):
        assert thread.flush(0.007, is_watched=False) == UNWATCHED_FLUSH_INTERVAL_S

    assert thread.flush(0.007) == FLUSH_INTERVAL_S
    assert thread.share_over(30.0, 0.007) < SHARE + 0.03


def test_even_the_dearest_come_four_times_a_second() -> None:
    """A checkpoint or a slow processor doesn't stop the charts."""
    thread = Thread()
    thread.flush(3.0)

    assert all(thread.flush(0.05) <= LONGEST_FLUSH_INTERVAL_S for _ in range(100))


def test_one_long_piece_of_work_is_soon_forgotten() -> None:
    """A checkpoint takes as long as many flushes: those after it need not make up for it."""
    thread = Thread()
    for _ in range(100):
        thread.flush(0.0019)
    thread.flush(3.0)
    thread.share_over(15.0, 0.001)

    assert thread.flush(0.001) == FLUSH_INTERVAL_S
