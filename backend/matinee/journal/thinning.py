"""Drops the oldest rows of a record where its spec says so: blocks go on standing for them."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable

from matinee.contracts.run_parts import RecordSpec
from matinee.journal.blocks import SIZES

INTERVAL_S = 1.0
_LEVEL = 3
_UNIT = SIZES[_LEVEL - 1]
"""Rows go in whole blocks of this size: which ones are to go is then found in no time."""
_METRIC_UNITS = 2
_EPISODE_UNITS = 16
"""At most so many at a time: some milliseconds, and more than a run records meanwhile."""


class Thinning:
    """Thins a record little by little. Used by its writer, outside of a transaction."""

    def __init__(self, plan: RecordSpec, clock: Callable[[], float] = time.monotonic) -> None:
        self._plan = plan
        self._clock = clock
        self._due_s = clock()
        self._turn = 0

    def thin_if_due(self, connection: sqlite3.Connection) -> None:
        """Once a second: the oldest rows of one metric, and the oldest episodes."""
        plan = self._plan
        if plan.keep_metric_rows is plan.keep_episodes is None or self._clock() < self._due_s:
            return
        self._due_s = self._clock() + INTERVAL_S
        connection.execute("BEGIN IMMEDIATE")
        try:
            if plan.keep_metric_rows is not None:
                self._thin_metric(connection, plan.keep_metric_rows)
            if plan.keep_episodes is not None:
                _thin_episodes(connection, plan.keep_episodes)
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _thin_metric(self, connection: sqlite3.Connection, keep: int) -> None:
        metrics = [row[0] for row in connection.execute("SELECT metric FROM metrics")]
        if not metrics:
            return
        self._turn = (self._turn + 1) % len(metrics)
        metric = metrics[self._turn]
        (oldest,) = connection.execute(
            "SELECT min(seq) FROM metric_rows WHERE metric = ?", (metric,)
        ).fetchone()
        end = _end_of_what_may_go(
            connection, f"metric_blocks WHERE metric = {metric} AND", oldest, keep, _METRIC_UNITS
        )
        if end is None:
            return
        connection.execute("DELETE FROM metric_rows WHERE metric = ? AND seq <= ?", (metric, end))
        # Histograms have no blocks: they are kept for as long as metrics are.
        connection.executemany(
            "DELETE FROM histogram_rows WHERE histogram = ? AND seq <= ?",
            [(row[0], end) for row in connection.execute("SELECT histogram FROM histograms")],
        )


def _thin_episodes(connection: sqlite3.Connection, keep: int) -> None:
    (oldest,) = connection.execute("SELECT min(episode) FROM episodes").fetchone()
    end = _end_of_what_may_go(connection, "episode_blocks WHERE", oldest, keep, _EPISODE_UNITS)
    if end is not None:
        connection.execute("DELETE FROM episodes WHERE episode <= ?", (end,))


def _end_of_what_may_go(
    connection: sqlite3.Connection, blocks: str, oldest: int | None, keep: int, units: int
) -> int | None:
    """The last row of the few oldest blocks beyond the newest rows that are to be kept."""
    newest_to_go = connection.execute(
        f"SELECT last FROM {blocks} level = ? ORDER BY last DESC LIMIT 1 OFFSET ?",
        (_LEVEL, -(-keep // _UNIT)),
    ).fetchone()
    if oldest is None or newest_to_go is None:
        return None
    ends = connection.execute(
        f"SELECT last FROM {blocks} level = ? AND last >= ? AND last <= ? ORDER BY last LIMIT ?",
        (_LEVEL, oldest, newest_to_go[0], units),
    ).fetchall()
    return int(ends[-1][0]) if ends else None
