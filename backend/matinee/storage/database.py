"""One SQLite file: one connection writes, one reads.

SQLite before 3.51.3 can corrupt a WAL database that two connections write at once (fixed in
3.44.6, 3.50.7, 3.51.3; Debian 12 has 3.40.1). Here only one connection ever writes, and the server
holds a lock on the data directory, so that cannot happen.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from matinee.errors import CatalogueError
from matinee.storage.migrations import migrate

BUSY_TIMEOUT_S = 5.0


class Database:
    """catalogue.db; usable from any thread until `close`."""

    def __init__(
        self, path: Path, *, observe_commit: Callable[[float], None] = lambda _s: None
    ) -> None:
        """Open the file, or make it.

        Args:
            path: The file.
            observe_commit: Hears how many seconds each write took; in the thread that wrote.

        Raises:
            CatalogueError: it is no database, damaged, or of a newer version.
        """
        try:
            self._writer = _connect(path)
            self._writer.execute("PRAGMA journal_mode = WAL")
            # Acknowledged rows survive a power cut; commits are few, so the fsync costs nothing.
            self._writer.execute("PRAGMA synchronous = FULL")
            migrate(self._writer, path)
            self._reader = _connect(path)
            self._reader.execute("PRAGMA query_only = ON")
        except sqlite3.Error as error:
            raise CatalogueError(
                f"{path} can't be opened: {error}. It is only an index: move it away, and it is "
                "rebuilt from the run folders"
            ) from error
        self._observe_commit = observe_commit
        # Guards _writer: one transaction at a time.
        self._write_lock = threading.Lock()
        # Guards _reader: one query at a time.
        self._read_lock = threading.Lock()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: committed at the end, rolled back if anything is raised.

        Raises:
            CatalogueError: SQLite can't write, for instance because the disk is full.
        """
        with self._write_lock, _translated():
            began_s = time.perf_counter()
            # IMMEDIATE: a deferred transaction that turns to writing can fail without waiting.
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
                self._observe_commit(time.perf_counter() - began_s)
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """The connection for queries; fetch before leaving.

        Raises:
            CatalogueError: SQLite can't read.
        """
        with self._read_lock, _translated():
            yield self._reader

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        with self._read_lock:
            self._reader.close()
        with self._write_lock:
            self._writer.close()


@contextmanager
def reading_beside(path: Path) -> Iterator[sqlite3.Connection]:
    """Queries to catalogue.db from another process than the server's; changes no row.

    Raises:
        CatalogueError: it can't be read.
    """
    where = f"file:{quote(str(path))}?mode=ro"
    with (
        _translated(),
        closing(sqlite3.connect(where, uri=True, timeout=BUSY_TIMEOUT_S)) as connection,
    ):
        yield connection


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise CatalogueError(f"catalogue.db can't be used: {error}") from error


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970 UTC: exact and sortable, where a float is neither.

    Raises:
        ValueError: the moment has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    elapsed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (elapsed.days * 86_400 + elapsed.seconds) * 1_000_000 + elapsed.microseconds


def moment(elapsed_us: int) -> datetime:
    """What `microseconds` was made of."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=elapsed_us)


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
