"""Many rows into a table with few executions.

At each execution Python's sqlite3 gives the interpreter's lock away, a training thread takes it,
and the writer has to win it back: for 150 episodes in a commit, one execution a row costs training
more than the rows themselves do.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain

BATCHES = (128, 64, 32, 16, 8, 4, 2, 1)
"""Rows of one execution, tried in this order: each but the first comes at most once. So few
different statements that sqlite3 keeps them prepared, and never more parameters than any SQLite
since 3.32 takes (32,766)."""


def insert_rows(
    connection: sqlite3.Connection, table: str, rows: Sequence[Sequence[object]]
) -> None:
    """Insert rows as they are, in their order.

    Args:
        connection: In a transaction, if all or none are to be inserted.
        table: By name; it has as many columns as each row.
        rows: All of one length.
    """
    if not rows:
        return
    placeholders = f"({','.join('?' * len(rows[0]))})"
    done = 0
    for batch in BATCHES:
        statement = f"INSERT INTO {table} VALUES {','.join([placeholders] * batch)}"
        while len(rows) - done >= batch:
            connection.execute(statement, tuple(chain.from_iterable(rows[done : done + batch])))
            done += batch
