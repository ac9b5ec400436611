"""Rates over the last seconds."""

from __future__ import annotations

from matinee.training.sliding_rate import SlidingRate


def test_a_rate_is_over_the_window() -> None:
    """What is further back counts only as far as no look within the window is older."""
    rate = SlidingRate(3.0)
    assert rate.look(0.0, 0, 0) == (0.0, 0.0)
    assert rate.look(1.0, 10, 2) == (10.0, 2.0)
    assert rate.look(2.0, 20, 2) == (10.0, 1.0)
    rate.look(3.0, 30, 2)
    rate.look(4.0, 130, 2)
    assert rate.look(5.0, 230, 2) == (70.0, 0.0)


def test_two_looks_far_apart_are_enough() -> None:
    """A slow run is looked at less often than the window is long."""
    rate = SlidingRate(1.0)
    rate.look(0.0, 0)
    rate.look(10.0, 20)
    assert rate.look(20.0, 60) == (4.0,)


def test_another_look_at_the_same_time_changes_nothing() -> None:
    """Training time stands still while a run is paused."""
    rate = SlidingRate(1.0)
    assert rate.look(5.0, 7) == (0.0,)
    assert rate.look(5.0, 7) == (0.0,)
    assert rate.look(6.0, 9) == (2.0,)
    assert rate.look(6.0, 9) == (2.0,)
