"""The checkpoints of a run as its record lists them."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_never

from matinee.contracts.checkpoints import Checkpoint, CheckpointCause, best_of
from matinee.contracts.events import CheckpointPinned, CheckpointSaved, CheckpointsDeleted
from matinee.journal.read_access import reading
from matinee.journal.rewinds import read_abandoned
from matinee.journal.schema import BLOCKS_SINCE, version_of

CheckpointEvent = CheckpointSaved | CheckpointPinned | CheckpointsDeleted

_COLUMNS = (
    "c.id, c.seq, c.env_step, c.size_bytes, c.cause, coalesce(c.created_at, e.at), "
    "coalesce(c.episodes, 0), coalesce(c.seconds, 0.0), c.mean_return_100, "
    "coalesce(c.full_window, 0), c.pinned, c.command_id"
)
_OLD_COLUMNS = "c.id, c.seq, c.env_step, c.size_bytes, 'schedule', e.at, 0, 0.0, NULL, 0, 0, NULL"
_Row = tuple[
    str, int, int, int, CheckpointCause, float, int, float, float | None, int, int, str | None
]


def read_checkpoints(run_dir: Path) -> list[Checkpoint]:
    """The checkpoints that the record says are on disk, newest first.

    Raises:
        JournalError: the record can't be read.
    """
    with reading(run_dir) as connection:
        columns = _COLUMNS if version_of(connection) >= BLOCKS_SINCE else _OLD_COLUMNS
        rows = connection.execute(
            f"SELECT {columns} FROM checkpoints c LEFT JOIN events e ON e.seq = c.seq "
            "ORDER BY c.seq DESC"
        ).fetchall()
        left = [(stretch.from_seq, stretch.until_seq) for stretch in read_abandoned(connection)]
    entries = [
        _checkpoint(row, abandoned=any(begin < row[1] <= end for begin, end in left))
        for row in rows
    ]
    best = best_of(entries)
    return [entry.model_copy(update={"is_best": entry == best}) for entry in entries]


def _checkpoint(row: _Row, *, abandoned: bool) -> Checkpoint:
    return Checkpoint(
        id=row[0],
        seq=row[1],
        env_step=row[2],
        size_bytes=row[3],
        cause=row[4],
        created_at=datetime.fromtimestamp(row[5] or 0.0, UTC),
        episodes=row[6],
        seconds=row[7],
        mean_return_100=row[8],
        full_window=bool(row[9]),
        pinned=bool(row[10]),
        command_id=row[11],
        abandoned=abandoned,
    )


def keep_list(connection: sqlite3.Connection, event: CheckpointEvent) -> None:
    """Bring the list in line with an event, in the transaction that writes the event."""
    match event:
        case CheckpointSaved():
            connection.execute(
                "INSERT INTO checkpoints (id, seq, env_step, folder, size_bytes, cause, "
                "created_at, episodes, seconds, mean_return_100, full_window, pinned, command_id) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    event.checkpoint_id,
                    event.seq,
                    event.env_step,
                    event.checkpoint_id,
                    event.size_bytes,
                    event.cause,
                    event.at.timestamp(),
                    event.episodes,
                    event.seconds,
                    event.mean_return_100,
                    event.full_window,
                    event.pinned,
                    event.command_id,
                ),
            )
        case CheckpointPinned():
            connection.execute(
                "UPDATE checkpoints SET pinned = ? WHERE id = ?",
                (event.pinned, event.checkpoint_id),
            )
        case CheckpointsDeleted():
            connection.executemany(
                "DELETE FROM checkpoints WHERE id = ?", [(id_,) for id_ in event.checkpoint_ids]
            )
        case _:
            assert_never(event)
