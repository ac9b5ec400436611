"""Rows that wait for a commit."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from matinee.journal.pending_rows import PendingRows
from matinee.journal.schema import create_tables
from matinee.journal.snapshot_document import SnapshotDocument


def test_nothing_waits_at_first() -> None:
    """An empty one is false, so that nothing is committed for it; anything makes it true."""
    pending = PendingRows()
    assert not pending
    pending.commands["c"] = (True, "{}")
    assert pending


def test_a_metric_keeps_its_number_though_its_first_commit_failed() -> None:
    """Numbers that a rolled-back transaction gave are given again with the names."""
    pending = PendingRows()
    pending.metric_rows.append(("entropy", 1, 0.0, 0.0, 0.0, 0.0, 1))
    metric_ids: dict[str, int] = {}
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        create_tables(connection)
        for end in ("ROLLBACK", "COMMIT"):
            connection.execute("BEGIN")
            pending.write(connection, metric_ids, SnapshotDocument())
            connection.execute(end)
        named = connection.execute("SELECT metric, name FROM metrics").fetchall()
    assert named == [(1, "entropy")]
    assert metric_ids == {"entropy": 1}
