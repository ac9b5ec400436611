"""Reads a run.db while its writer writes: live events, a gap, or a run that ended last year.

Every method opens the file read-only for itself, so a reader may be used from any thread and holds
nothing between calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from matinee.contracts.commands import Command
from matinee.contracts.events import EventType
from matinee.contracts.run import Parent, RunSnapshot
from matinee.contracts.run_spec import RunSpec
from matinee.contracts.workers import WorkerTable
from matinee.errors import JournalError
from matinee.journal.event_pages import EventsPage, read_events
from matinee.journal.follower import read_snapshot
from matinee.journal.read_access import reading
from matinee.journal.row_chunks import Chunk, episode_chunks, histogram_chunks, metric_chunks
from matinee.journal.schema import PARENT, WORKERS, run_db


@dataclass(frozen=True)
class RecordedProcess:
    """Which process said that it writes here."""

    pid: int
    process_started_at: float
    socket_path: str


@dataclass(frozen=True)
class RunHeader:
    """What was fixed when the run was created."""

    run_id: str
    epoch: str
    created_at: datetime
    spec: RunSpec
    parent: Parent | None = None


class JournalReader:
    """Read access to one run's record."""

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir

    def header(self) -> RunHeader:
        """What was fixed when the run was created."""
        with reading(self.run_dir) as connection, self._as_journal_error():
            meta = dict(connection.execute("SELECT key, value FROM meta"))
            return RunHeader(
                run_id=meta["run_id"],
                epoch=meta["epoch"],
                created_at=datetime.fromisoformat(meta["created_at"]),
                spec=RunSpec.model_validate_json(meta["spec"]),
                parent=Parent.model_validate_json(meta[PARENT]) if PARENT in meta else None,
            )

    def snapshot(self) -> tuple[RunSnapshot, int]:
        """The newest whole picture and the sequence number that it belongs to."""
        with reading(self.run_dir) as connection:
            return read_snapshot(connection, self.run_dir)

    def workers(self) -> WorkerTable:
        """What every thread did when it was last told; an empty table before the first time."""
        with reading(self.run_dir) as connection, self._as_journal_error():
            row = connection.execute("SELECT value FROM meta WHERE key = ?", (WORKERS,)).fetchone()
            return WorkerTable() if row is None else WorkerTable.model_validate_json(row[0])

    def last_event_at(self) -> datetime:
        """When the newest event came."""
        with reading(self.run_dir) as connection:
            (at,) = connection.execute("SELECT at FROM events ORDER BY seq DESC LIMIT 1").fetchone()
        return datetime.fromtimestamp(at, UTC)

    def process(self) -> RecordedProcess | None:
        """Which process said that it writes here, if any did."""
        with reading(self.run_dir) as connection:
            row = connection.execute(
                "SELECT pid, process_started_at, socket_path FROM process"
            ).fetchone()
        return None if row is None else RecordedProcess(*row)

    def events(self, *, after: int, limit: int, types: Sequence[EventType] = ()) -> EventsPage:
        """Events with `seq > after`, oldest first."""
        with reading(self.run_dir) as connection:
            return read_events(connection, after=after, limit=limit, types=types)

    def commands(self, *, after: str | None, limit: int) -> list[Command]:
        """Rows of the ledger in the order in which they came, after the command `after`."""
        with reading(self.run_dir) as connection:
            rows = connection.execute(
                "SELECT document FROM commands WHERE position > "
                "coalesce((SELECT position FROM commands WHERE id = ?), 0) "
                "ORDER BY position LIMIT ?",
                (after, limit),
            ).fetchall()
        return [Command.model_validate_json(document) for (document,) in rows]

    def open_commands(self) -> list[Command]:
        """Commands of which something is still to come, in the order in which they came."""
        with reading(self.run_dir) as connection:
            rows = connection.execute(
                "SELECT document FROM commands WHERE is_open ORDER BY position"
            ).fetchall()
        return [Command.model_validate_json(document) for (document,) in rows]

    def command(self, command_id: str) -> Command | None:
        """One row of the ledger."""
        with reading(self.run_dir) as connection:
            row = connection.execute(
                "SELECT document FROM commands WHERE id = ?", (command_id,)
            ).fetchone()
        return None if row is None else Command.model_validate_json(row[0])

    def checkpoints(self) -> list[str]:
        """Folder names of the checkpoints, newest first."""
        with reading(self.run_dir) as connection:
            rows = connection.execute("SELECT folder FROM checkpoints ORDER BY seq DESC").fetchall()
        return [str(folder) for (folder,) in rows]

    def episodes(self) -> Iterator[Chunk]:
        """Every finished episode, in chunks of `EPISODE_COLUMNS`."""
        return episode_chunks(self.run_dir)

    def metric_rows(self, names: tuple[str, ...] = ()) -> Iterator[Chunk]:
        """Every metric summary, or those of some metrics, in chunks of `METRIC_COLUMNS`."""
        return metric_chunks(self.run_dir, names)

    def histogram_rows(self, names: tuple[str, ...] = ()) -> Iterator[Chunk]:
        """Every recorded histogram, or those of some names, in chunks of `HISTOGRAM_COLUMNS`."""
        return histogram_chunks(self.run_dir, names)

    @contextmanager
    def _as_journal_error(self) -> Iterator[None]:
        """One damaged or foreign record must stay that record's problem."""
        try:
            yield
        except (KeyError, ValueError) as error:
            raise JournalError(f"{run_db(self.run_dir)} can't be understood: {error}") from error
