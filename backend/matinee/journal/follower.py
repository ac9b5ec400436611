"""What is new in a record, read again and again over one open connection.

To open a run.db costs ten times what reading the newest of it does. Between two reads the
connection is in no transaction, so that it never keeps the writer from folding its WAL back.
"""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack
from pathlib import Path

from matinee.contracts.run import RunSnapshot
from matinee.errors import JournalError
from matinee.journal.event_pages import EventsPage, read_events
from matinee.journal.read_access import opened
from matinee.journal.schema import run_db


class JournalFollower:
    """Follows one record; used by several threads, but by one at a time."""

    def __init__(self, run_dir: Path) -> None:
        """Nothing is opened before the first read."""
        self._run_dir = run_dir
        self._open = ExitStack()
        self._connection: sqlite3.Connection | None = None

    def follow(
        self, *, after: int, limit: int, max_bytes: int | None = None
    ) -> tuple[EventsPage, RunSnapshot, int]:
        """Events and the snapshot out of one and the same state of the file.

        Args:
            after: The sequence number from which on events are new.
            limit: At most so many events.
            max_bytes: The page ends with the event with which it reaches this.

        Returns:
            The page, the newest snapshot, and the sequence number that it belongs to.

        Raises:
            JournalError: the record can't be read. The next call opens it anew.
        """
        if self._connection is None:
            self._connection = self._open.enter_context(opened(self._run_dir))
        try:
            self._connection.execute("BEGIN")
            page = read_events(self._connection, after=after, limit=limit, max_bytes=max_bytes)
            snapshot, last_seq = read_snapshot(self._connection, self._run_dir)
            self._connection.execute("COMMIT")
        except BaseException as error:
            self.close()
            if isinstance(error, sqlite3.Error):
                path = run_db(self._run_dir)
                raise JournalError(f"{path} can't be read: {error}") from error
            raise
        return page, snapshot, last_seq

    def close(self) -> None:
        """Let go of the file; calling it again does nothing."""
        self._connection = None
        self._open.close()


def read_snapshot(connection: sqlite3.Connection, run_dir: Path) -> tuple[RunSnapshot, int]:
    """The newest whole picture and the sequence number that it belongs to.

    Args:
        connection: To the record, in a transaction, so that both are of one state.
        run_dir: Whose record it is, for the error.

    Raises:
        JournalError: there is none, or it can't be understood.
    """
    row = connection.execute("SELECT document FROM snapshot").fetchone()
    if row is None:
        raise JournalError("run.db has no snapshot: its creation was cut short")
    (seq,) = connection.execute("SELECT max(seq) FROM events").fetchone()
    try:
        return RunSnapshot.model_validate_json(row[0]), int(seq or 0)
    except ValueError as error:
        raise JournalError(f"{run_db(run_dir)} can't be understood: {error}") from error
