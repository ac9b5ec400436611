"""A metric over the last so many updates."""

from __future__ import annotations

import math
import random

import pytest

from matinee.worker.update_window import UpdateWindow


def test_few_updates_in_a_flush_are_added_up() -> None:
    """At one update a flush a window of 4 is the mean of 4 flushes, and nothing before."""
    window = UpdateWindow(4, "mean")
    told = [window.add(value, updates=n) for n, value in enumerate([9.0, 1, 2, 3, 4, 5, 6])]

    assert list(map(math.isnan, told)) == [True] * 4 + [False] * 3
    assert told[4:] == [2.5, 3.5, 4.5]


def test_a_flush_with_many_updates_is_a_window_of_its_own() -> None:
    """At 300 updates a flush the last one is all that a window of 50 needs."""
    window = UpdateWindow(50, "mean")
    told = [window.add(value, updates=300 * n) for n, value in enumerate([9.0, 1.0, 2.0, 3.0])]

    assert told[1:] == [1.0, 2.0, 3.0]


def test_stretches_count_by_their_updates() -> None:
    """30 updates at 1 and 10 at 0 are three quarters."""
    window = UpdateWindow(40, "mean")
    window.add(0.0, updates=0)
    window.add(1.0, updates=30)

    assert window.add(0.0, updates=40) == 0.75


@pytest.mark.parametrize("per_flush", [1, 7, 300])
def test_the_pace_does_not_matter(per_flush: int) -> None:
    """95 % of clipped updates are found at any number of updates a flush."""
    chance = random.Random(0)
    window, told = UpdateWindow(500, "mean"), math.nan
    for updates in range(0, 6000, per_flush):
        share = sum(chance.random() < 0.95 for _ in range(per_flush)) / per_flush
        told = window.add(share, updates=updates)

    assert told == pytest.approx(0.95, abs=0.03)


def test_the_median_is_not_spoiled_by_one_batch() -> None:
    """One explained variance of minus a million among good ones says nothing."""
    window = UpdateWindow(5, "median")
    told = [window.add(v, updates=n) for n, v in enumerate([0.5, 0.5, 0.6, -1e6, 0.4, 0.7])]

    assert told[-1] == 0.5


def test_without_new_updates_nothing_is_told() -> None:
    """A value that stands for no update has no weight."""
    window = UpdateWindow(1, "mean")
    window.add(1.0, updates=10)

    assert math.isnan(window.add(1.0, updates=10))
    assert window.add(3.0, updates=11) == 3.0
