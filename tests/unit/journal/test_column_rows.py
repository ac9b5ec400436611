"""Rows that stay columns until they are written."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from matinee.journal.bulk_insert import BATCHES
from matinee.journal.column_rows import ColumnRows

ROWS = 100_000


def test_rows_are_those_of_the_columns() -> None:
    """One by one and in slices, as integers and floats of Python, as SQLite takes them."""
    rows = ColumnRows(np.array([1, 2, 3]), np.array([0.5, 1.5, 2.5]))

    assert len(rows) == 3
    assert rows[1] == (2, 1.5)
    assert rows[1:] == [(2, 1.5), (3, 2.5)]
    assert list(rows) == [(1, 0.5), (2, 1.5), (3, 2.5)]
    assert [type(value) for row in (rows[0], rows[:1][0]) for value in row] == [int, float] * 2


def test_no_more_rows_than_are_asked_for_are_ever_made() -> None:
    """Many episodes that wait for a commit take what their columns take."""
    columns = [np.arange(ROWS) for _ in range(7)]
    tracemalloc.start()
    try:
        rows = ColumnRows(*columns)
        for begin in range(0, ROWS, BATCHES[0]):
            rows[begin : begin + BATCHES[0]]
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most_bytes < 1_000 * BATCHES[0]


def test_columns_of_several_lengths_are_refused() -> None:
    """A row would lack something."""
    with pytest.raises(ValueError, match=r"of one length, not of \[2, 3\]"):
        ColumnRows(np.arange(3), np.arange(2))
