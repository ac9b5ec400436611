"""One file, one writer: transactions, errors, times."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from matinee.errors import CatalogueError
from matinee.storage.database import Database, microseconds


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A fresh file."""
    with closing(Database(tmp_path / "catalogue.db")) as database:
        yield database


def count_sessions(database: Database) -> int:
    """Rows in one of the tables."""
    with database.read() as connection:
        count = connection.execute("SELECT count(*) FROM sessions").fetchone()[0]
    assert isinstance(count, int)
    return count


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    """What a transaction wrote before it raised is not there afterwards, and writing goes on."""

    def fail_midway() -> None:
        with database.write() as connection:
            connection.execute("INSERT INTO sessions (digest, expires_at_us) VALUES ('a', 1)")
            raise RuntimeError("midway")

    with pytest.raises(RuntimeError, match="midway"):
        fail_midway()
    assert count_sessions(database) == 0

    with database.write() as connection:
        connection.execute("INSERT INTO sessions (digest, expires_at_us) VALUES ('b', 1)")
    assert count_sessions(database) == 1


def test_acknowledged_rows_are_on_disk(database: Database) -> None:
    """The journal is a write-ahead log that is synced at every commit."""
    with database.write() as connection:
        synchronous = connection.execute("PRAGMA synchronous").fetchone()[0]
    with database.read() as connection:
        journal = connection.execute("PRAGMA journal_mode").fetchone()[0]

    assert (synchronous, journal) == (2, "wal")


def test_the_reader_can_not_write(database: Database) -> None:
    """The connection for queries refuses to change anything, with our own error."""
    with pytest.raises(CatalogueError), database.read() as connection:
        connection.execute("DELETE FROM sessions")


def test_threads_write_one_after_another(database: Database) -> None:
    """Writers in many threads all succeed: none sees a locked database."""
    failures: list[Exception] = []

    def write_many(name: int) -> None:
        try:
            for n in range(25):
                with database.write() as connection:
                    connection.execute(
                        "INSERT INTO sessions (digest, expires_at_us) VALUES (?, 1)",
                        (f"{name}-{n}",),
                    )
        except Exception as error:  # noqa: BLE001 - handed to the main thread
            failures.append(error)

    threads = [threading.Thread(target=write_many, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert failures == []
    assert count_sessions(database) == 100


def test_closing_twice_is_no_error_and_using_afterwards_is(database: Database) -> None:
    """`close` may be called again; a later query fails with our own error."""
    database.close()
    database.close()

    with pytest.raises(CatalogueError), database.read() as connection:
        connection.execute("SELECT 1")


def test_a_file_that_is_no_database_says_what_to_do(tmp_path: Path) -> None:
    """Opening something else fails with an error that names the file and the way out."""
    path = tmp_path / "catalogue.db"
    path.write_bytes(b"this is not a database, and long enough to be sure" * 100)

    with pytest.raises(CatalogueError, match=r"catalogue\.db can't be opened.*rebuilt"):
        Database(path)


def test_microseconds_are_exact_in_every_time_zone() -> None:
    """One moment is one number, whatever its zone; the smallest step of time counts one."""
    moment = datetime(2026, 1, 2, 3, 4, 5, 123_456, tzinfo=UTC)
    elsewhere = moment.astimezone(timezone(timedelta(hours=5, minutes=30)))

    assert microseconds(moment) == microseconds(elsewhere) == 1_767_323_045_123_456
    assert microseconds(moment + timedelta(microseconds=1)) - microseconds(moment) == 1
    with pytest.raises(ValueError, match="no time zone"):
        microseconds(moment.replace(tzinfo=None))


def test_every_write_is_timed(tmp_path: Path) -> None:
    """Whoever wants to know hears how long each took, once it is on disk; failed ones are none."""
    heard: list[float] = []
    with closing(Database(tmp_path / "timed.db", observe_commit=heard.append)) as timed:
        with timed.write() as connection:
            connection.execute("INSERT INTO write_probe VALUES (1, 1)")
        with suppress(CatalogueError), timed.write() as connection:
            connection.execute("INSERT INTO write_probe VALUES (1, 1)")
    assert len(heard) == 1
    assert 0 < heard[0] < 10
