"""Every row of a record, in chunks: exact and complete, also while the run goes on.

One connection serves a whole export, each chunk has a read transaction of its own: a long export
never keeps the writer from folding its WAL back. A generator may go on in another thread each
time, but not in two at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from matinee.contracts.stretches import Stretch
from matinee.journal.read_access import opened
from matinee.journal.rewinds import read_abandoned
from matinee.journal.schema import HISTOGRAMS_SINCE, version_of

EPISODE_COLUMNS = (
    "episode",
    "worker",
    "env_step",
    "seconds",
    "updates",
    "return",
    "length",
    "abandoned",
)
METRIC_COLUMNS = (
    "seq",
    "metric",
    "env_step",
    "seconds",
    "updates",
    "episodes",
    "mean",
    "min",
    "max",
    "last",
    "count",
    "abandoned",
)
HISTOGRAM_COLUMNS = (
    "seq",
    "histogram",
    "env_step",
    "seconds",
    "updates",
    "episodes",
    "exponent",
    "first",
    "counts",
    "abandoned",
)
"""`counts` is a JSON list. `abandoned` is 0 or 1, in each of the three."""

CHUNK_EPISODES = 5_000
CHUNK_FLUSHES = 200

_BASE = "substr(h.name, 1, instr(h.name || '.', '.') - 1)"
"""`actions` of `actions.2`."""

Chunk = list[tuple[Any, ...]]


def episode_chunks(run_dir: Path) -> Iterator[Chunk]:
    """Finished episodes in `EPISODE_COLUMNS`, oldest first."""
    with opened(run_dir) as connection:
        abandoned = _abandoned(connection, "episode", "episode")
        after = 0
        while True:
            with _one_moment(connection):
                rows = connection.execute(
                    f"SELECT episode, worker, env_step, seconds, updates, return, length, "
                    f"{abandoned} FROM episodes WHERE episode > ? ORDER BY episode LIMIT ?",
                    (after, CHUNK_EPISODES),
                ).fetchall()
            if not rows:
                return
            yield rows
            after = rows[-1][0]


def metric_chunks(run_dir: Path, names: tuple[str, ...] = ()) -> Iterator[Chunk]:
    """What each metric did in each flush, in `METRIC_COLUMNS`, by flush and metric.

    Args:
        run_dir: The run's folder.
        names: Only these metrics; empty: all.
    """
    # CROSS JOIN: metric by metric, whose rows lie together.
    return _by_flush(
        run_dir,
        "SELECT f.seq, m.name, f.env_step, f.seconds, f.updates, f.episodes, r.mean, r.min, r.max, "
        "r.last, r.count, {abandoned} FROM metrics m CROSS JOIN metric_rows r "
        "ON r.metric = m.metric CROSS JOIN flushes f ON f.seq = r.seq "
        f"WHERE r.seq > ? AND r.seq <= ? {_among(names, 'm.name')}ORDER BY f.seq, m.metric",
        names,
    )


def histogram_chunks(run_dir: Path, names: tuple[str, ...] = ()) -> Iterator[Chunk]:
    """Recorded histograms in `HISTOGRAM_COLUMNS`, by time.

    Args:
        run_dir: The run's folder.
        names: Only these histograms; empty: all. `actions` has `actions.1`, `actions.2` … in it.
    """
    with opened(run_dir) as connection:
        if version_of(connection) < HISTOGRAMS_SINCE:
            return
    yield from _by_flush(
        run_dir,
        "SELECT f.seq, h.name, f.env_step, f.seconds, f.updates, f.episodes, r.exponent, r.first, "
        "r.counts, {abandoned} FROM histograms h CROSS JOIN histogram_rows r "
        "ON r.histogram = h.histogram CROSS JOIN flushes f ON f.seq = r.seq "
        f"WHERE r.seq > ? AND r.seq <= ? {_among(names, 'h.name', _BASE)}"
        "ORDER BY f.seq, h.histogram",
        names * 2,
    )


def _among(names: tuple[str, ...], *columns: str) -> str:
    """An SQL condition: one of the columns is one of the names; empty: any name will do.

    It has a place for each name and column.
    """
    places = ", ".join("?" * len(names))
    return f"AND ({' OR '.join(f'{each} IN ({places})' for each in columns)}) " if names else ""


def _by_flush(run_dir: Path, query: str, names: tuple[str, ...]) -> Iterator[Chunk]:
    with opened(run_dir) as connection:
        query = query.format(abandoned=_abandoned(connection, "f.seq", "seq"))
        after = 0
        while True:
            with _one_moment(connection):
                (upto,) = connection.execute(
                    "SELECT max(seq) FROM "
                    "(SELECT seq FROM flushes WHERE seq > ? ORDER BY seq LIMIT ?)",
                    (after, CHUNK_FLUSHES),
                ).fetchone()
                if upto is None:
                    return
                rows = connection.execute(query, (after, upto, *names)).fetchall()
            if rows:
                yield rows
            after = upto


def _abandoned(
    connection: sqlite3.Connection, column: str, counter: Literal["episode", "seq"]
) -> str:
    """An SQL expression that is 1 for rows that a rewind abandoned, as of now."""
    with _one_moment(connection):
        stretches = read_abandoned(connection)

    def inside(stretch: Stretch) -> str:
        begin = int(getattr(stretch, f"from_{counter}"))
        end = int(getattr(stretch, f"until_{counter}"))
        return f"({column} > {begin} AND {column} <= {end})"

    return " OR ".join(map(inside, stretches)) or "0"


@contextmanager
def _one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")
