"""Silence of threads, seen by their clocks."""

from __future__ import annotations

import pytest

from matinee.training.heartbeats import Heartbeats
from matinee.training.phase_clock import PhaseTimes


def beats(count: int, *, is_excused: bool = False) -> PhaseTimes:
    """A clock that has counted so many."""
    return PhaseTimes(0.0, 0.0, 0.0, 0.0, beats=count, is_excused=is_excused)


def test_a_count_that_moves_is_a_beat() -> None:
    """Age starts anew with each count; the usual interval is learned from the counts."""
    heartbeats = Heartbeats()
    heartbeats.look({"one": beats(0), "two": beats(0)}, 10.0)
    heartbeats.look({"one": beats(4), "two": beats(0)}, 12.0)
    one, two = heartbeats.look({"one": beats(6), "two": beats(0)}, 13.0)

    assert (one.thread, one.age_s, one.beats) == ("one", 0.0, 6)
    assert one.interval_s == pytest.approx(0.5)
    assert (two.thread, two.age_s, two.interval_s) == ("two", 3.0, None)


def test_waiting_on_purpose_is_no_silence() -> None:
    """The time at the gate or for a queue counts neither as age nor as usual interval."""
    heartbeats = Heartbeats()
    heartbeats.look({"one": beats(1)}, 0.0)
    (waits,) = heartbeats.look({"one": beats(1, is_excused=True)}, 60.0)
    (silent,) = heartbeats.look({"one": beats(1)}, 61.0)
    (works,) = heartbeats.look({"one": beats(2)}, 62.0)

    assert (waits.age_s, silent.age_s, works.age_s) == (0.0, 1.0, 0.0)
    assert works.interval_s == 2.0


def test_threads_that_have_ended_are_forgotten() -> None:
    """A new one of the same name begins anew."""
    heartbeats = Heartbeats()
    heartbeats.look({"one": beats(5)}, 0.0)
    assert heartbeats.look({}, 1.0) == []
    (anew,) = heartbeats.look({"one": beats(0)}, 9.0)

    assert (anew.age_s, anew.interval_s) == (0.0, None)
