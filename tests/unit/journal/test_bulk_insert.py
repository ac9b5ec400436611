"""Many rows with few executions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from matinee.journal.bulk_insert import insert_rows


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """A database with one table."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as opened:
        opened.execute("CREATE TABLE pairs (number INTEGER PRIMARY KEY, word TEXT NOT NULL)")
        yield opened


@pytest.mark.parametrize("count", [0, 1, 15, 16, 127, 128, 129, 300])
def test_every_row_is_inserted_as_it_is(connection: sqlite3.Connection, count: int) -> None:
    """However many there are, none is lost, doubled or mixed up with another."""
    rows = [(number, f"word {number}") for number in range(count)]
    insert_rows(connection, "pairs", rows)

    assert connection.execute("SELECT * FROM pairs ORDER BY number").fetchall() == rows


def test_many_rows_are_few_executions(connection: sqlite3.Connection) -> None:
    """As many of the largest batch as there are, and of the rest no size twice."""
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    insert_rows(connection, "pairs", [(number, "x") for number in range(128 + 128 + 32 + 2 + 1)])

    assert [statement.count("(") for statement in statements] == [128, 128, 32, 2, 1]


def test_a_row_that_is_refused_is_told(connection: sqlite3.Connection) -> None:
    """The database's own error reaches the caller, whose transaction can be rolled back."""
    connection.execute("BEGIN")
    with pytest.raises(sqlite3.IntegrityError):
        insert_rows(connection, "pairs", [(number % 20, "x") for number in range(40)])
    connection.execute("ROLLBACK")

    assert connection.execute("SELECT count(*) FROM pairs").fetchone() == (0,)
