"""Makes a new run.db of what can be read of a damaged one; the damaged one stays beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from matinee.errors import JournalError
from matinee.journal.ownership import Ownership
from matinee.journal.schema import create_tables, run_db
from matinee.journal.writer import JournalWriter

_BY_KEY = {
    "events": "seq",
    "episodes": "episode",
    "metrics": "metric",
    "flushes": "seq",
    "histograms": "histogram",
    "commands": "position",
    "abandoned": "seq",
}
_BY_ID_AND_SEQ = {
    "metric_rows": ("metric", "metrics"),
    "histogram_rows": ("histogram", "histograms"),
}
_WHOLE = ("meta", "snapshot", "process", "checkpoints")
_BATCH = 500
_SINGLE_STEPS = 1_000
_FARTHEST = 2**40


def rebuild_record(run_dir: Path) -> Path:
    """Replace a record by what can be read of it; returns where the old one is now.

    Events that can't be read become `log_written` events that say so: no number is left out, or a
    client would wait for it. Blocks are made anew, but those of dropped rows are kept.

    Raises:
        JournalOwnedError: a process is writing it.
        JournalError: too little of it can be read.
    """
    path = run_db(run_dir)
    aside = path.with_name(f"{path.name}.rebuilt")
    aside.unlink(missing_ok=True)
    ownership = Ownership(run_dir)
    try:
        try:
            with (
                closing(sqlite3.connect(path, isolation_level=None)) as old,
                closing(sqlite3.connect(aside, isolation_level=None)) as new,
            ):
                new.execute("PRAGMA journal_mode = WAL")
                create_tables(new)
                new.execute("BEGIN")
                _copy(old, new)
                _fill_gaps(new)
                new.execute("COMMIT")
                new.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise JournalError(f"{path} can't be repaired: {error}") from error
        kept = path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
        # Also its log: left behind, it would be taken for the new file's.
        for suffix in ("-wal", "-shm", ""):
            part = path.with_name(path.name + suffix)
            if part.exists():
                part.rename(kept.with_name(kept.name + suffix))
        aside.rename(path)
    finally:
        ownership.release()
    # Whose writer makes the blocks that are missing.
    JournalWriter(run_dir).close()
    return kept


def _copy(old: sqlite3.Connection, new: sqlite3.Connection) -> None:
    tables = {
        str(name) for (name,) in old.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    for table in _WHOLE:
        _insert(old, new, table, old.execute(f"SELECT * FROM {table}").fetchall())
    for table, key in _BY_KEY.items():
        if table in tables:
            for rows in _readable(old, table, key, ""):
                _insert(old, new, table, rows)
    for table, (key, names) in _BY_ID_AND_SEQ.items():
        if table in tables:
            for (number,) in new.execute(f"SELECT {key} FROM {names}").fetchall():
                for rows in _readable(old, table, "seq", f"{key} = {int(number)} AND "):
                    _insert(old, new, table, rows)
    if "episode_blocks" in tables:
        _copy_blocks_of_dropped_rows(old, new)
    (events,) = new.execute("SELECT count(*) FROM events").fetchone()
    (snapshots,) = new.execute("SELECT count(*) FROM snapshot").fetchone()
    if not events or not snapshots:
        raise JournalError("nothing of the run can be read")


def _copy_blocks_of_dropped_rows(old: sqlite3.Connection, new: sqlite3.Connection) -> None:
    (oldest,) = new.execute("SELECT coalesce(min(episode), 0) FROM episodes").fetchone()
    rows = old.execute("SELECT * FROM episode_blocks WHERE last < ?", (oldest,)).fetchall()
    _insert(old, new, "episode_blocks", rows)
    for metric, oldest in new.execute(
        "SELECT metric, min(seq) FROM metric_rows GROUP BY metric"
    ).fetchall():
        rows = old.execute(
            "SELECT * FROM metric_blocks WHERE metric = ? AND last < ?", (metric, oldest)
        ).fetchall()
        _insert(old, new, "metric_blocks", rows)


def _readable(
    old: sqlite3.Connection, table: str, key: str, where: str
) -> Iterator[list[tuple[Any, ...]]]:
    """Rows in the order of their keys, around what can't be read."""
    query = f"SELECT {key}, * FROM {table} WHERE {where}{key} > ? ORDER BY {key} LIMIT ?"
    after, limit, skip = 0, _BATCH, 0
    while skip < _FARTHEST:
        try:
            rows = old.execute(query, (after + skip, limit)).fetchall()
        except sqlite3.DatabaseError:
            if limit > 1:
                limit = 1
            else:
                skip = skip + 1 if skip < _SINGLE_STEPS else 2 * skip
            continue
        if not rows:
            return
        yield [row[1:] for row in rows]
        after, limit, skip = rows[-1][0], _BATCH, 0


def _insert(
    old: sqlite3.Connection, new: sqlite3.Connection, table: str, rows: list[tuple[Any, ...]]
) -> None:
    if not rows:
        return
    # Older layouts have fewer columns.
    columns = [row[1] for row in old.execute(f"PRAGMA table_info({table})")]
    places = ", ".join("?" * len(columns))
    names = ", ".join(f'"{column}"' for column in columns)
    new.executemany(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({places})", rows)


def _fill_gaps(new: sqlite3.Connection) -> None:
    message = "lost: this event could not be read when the record was repaired"
    payload = orjson.dumps({"level": "error", "message": message}).decode()
    before, at, env_step = 0, 0.0, 0
    lost: list[tuple[int, float, int, str, str]] = []
    for seq, moment, step in new.execute("SELECT seq, at, env_step FROM events ORDER BY seq"):
        lost += [
            (missing, at or moment, env_step, "log_written", payload)
            for missing in range(before + 1, seq)
        ]
        before, at, env_step = seq, moment, step
    new.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", lost)
