"""Opens a run.db for reading, which never stands in its writer's way."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from matinee.errors import JournalError
from matinee.journal.schema import BUSY_TIMEOUT_MS, check_version, run_db


@contextmanager
def opened(run_dir: Path) -> Iterator[sqlite3.Connection]:
    """A run's record, read-only; may be used by several threads, one after another.

    Raises:
        JournalError: there is none, or it can't be read.
    """
    path = run_db(run_dir)
    if not path.exists():
        raise JournalError(f"there is no run.db in {run_dir}")
    try:
        with closing(
            sqlite3.connect(
                f"file:{quote(str(path))}?mode=ro",
                uri=True,
                timeout=BUSY_TIMEOUT_MS / 1000,
                isolation_level=None,
                check_same_thread=False,
            )
        ) as connection:
            check_version(connection, path)
            yield connection
    except sqlite3.Error as error:
        raise JournalError(f"{path} can't be read: {error}") from error


@contextmanager
def reading(run_dir: Path) -> Iterator[sqlite3.Connection]:
    """A run's record, read-only, in one state of the file from the first query on.

    Raises:
        JournalError: there is none, or it can't be read.
    """
    with opened(run_dir) as connection:
        connection.execute("BEGIN")
        yield connection
