"""Finished episodes that wait for the reader."""

from __future__ import annotations

import tracemalloc

import numpy as np

from matinee.training.return_window import FinishedEpisodes
from matinee.training.waiting_episodes import WaitingEpisodes

ROLLOUTS = 2_000


def finished(worker: int, *returns: float) -> FinishedEpisodes:
    """Episodes that differ in every column."""
    values = np.array(returns)
    return FinishedEpisodes(
        worker, (values * 100).astype(int), values / 10, values, (values * 2).astype(int)
    )


def test_all_come_out_as_they_went_in() -> None:
    """Whoever played them, column by column, numbered from the first that waited."""
    waiting = WaitingEpisodes()
    waiting.add(41, finished(3, 1.0, 2.0))
    waiting.add(43, finished(0, -3.0))
    assert len(waiting) == 3

    table = waiting.table()

    assert len(table) == 3
    assert table.episode.tolist() == [41, 42, 43]
    assert table.worker.tolist() == [3, 3, 0]
    assert table.env_step.tolist() == [100, 200, -300]
    assert table.seconds.tolist() == [0.1, 0.2, -0.3]
    assert table.returns.tolist() == [1.0, 2.0, -3.0]
    assert table.lengths.tolist() == [2, 4, -6]
    assert {column.dtype.kind for column in (table.worker, table.env_step, table.lengths)} == {"i"}


def test_none_is_a_table_of_none() -> None:
    """Most looks find nothing."""
    assert len(WaitingEpisodes().table()) == 0


def test_what_waits_takes_little_more_than_its_numbers() -> None:
    """Thousands that wait make no objects: a slow disk would leave holes in Python's heap."""
    waiting, one = WaitingEpisodes(), finished(0, 1.0, 2.0)
    tracemalloc.start()
    try:
        for number in range(ROLLOUTS):
            waiting.add(1 + number * 2, one)
        assert tracemalloc.get_traced_memory()[0] < 1.5 * ROLLOUTS * 2 * 5 * 8
    finally:
        tracemalloc.stop()
