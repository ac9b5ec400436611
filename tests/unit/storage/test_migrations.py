"""Steps forward: all or none, with a copy first, never over a newer file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fakes.run_use_cases import NOW
from matinee.contracts.access import Role
from matinee.errors import CatalogueError
from matinee.storage.catalogue import SqliteCatalogue
from matinee.storage.database import Database, microseconds
from matinee.storage.migrations import MIGRATIONS, Migration, migrate
from matinee.storage.sessions import SqliteSessionStore

SECOND: Migration = ("CREATE TABLE added (x INTEGER) STRICT", "INSERT INTO added VALUES (1)")
BROKEN: Migration = ("CREATE TABLE half (x INTEGER) STRICT", "INSERT INTO nowhere VALUES (1)")


def connect(path: Path) -> sqlite3.Connection:
    """As `Database` does: transactions are ours to begin."""
    return sqlite3.connect(path, isolation_level=None)


def tables_of(connection: sqlite3.Connection) -> set[str]:
    """Names of all tables."""
    rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    return {row[0] for row in rows}


def version_of(connection: sqlite3.Connection) -> int:
    """Number of steps taken."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    assert isinstance(version, int)
    return version


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of the first version, with a row in it."""
    path = tmp_path / "catalogue.db"
    with closing(connect(path)) as connection:
        migrate(connection, path, migrations=MIGRATIONS[:1])
        connection.execute("INSERT INTO sessions VALUES ('kept', 1)")
    return path


def test_an_older_file_gets_the_missing_steps_and_a_copy(path: Path) -> None:
    """A step forward keeps all rows, counts up, and leaves a copy of the state before."""
    with closing(connect(path)) as connection:
        migrate(connection, path, migrations=(MIGRATIONS[0], SECOND))

        assert version_of(connection) == 2
        assert connection.execute("SELECT digest FROM sessions").fetchall() == [("kept",)]
    with closing(connect(path.with_name("catalogue.db.v1.bak"))) as copy:
        assert version_of(copy) == 1
        assert copy.execute("SELECT digest FROM sessions").fetchall() == [("kept",)]
        assert "added" not in tables_of(copy)


def test_a_failing_step_changes_nothing(path: Path) -> None:
    """If any statement fails, the file stays as it was, with the same version and tables."""
    with closing(connect(path)) as connection:
        before = tables_of(connection)
        with pytest.raises(sqlite3.OperationalError, match="nowhere"):
            migrate(connection, path, migrations=(MIGRATIONS[0], SECOND, BROKEN))

        assert version_of(connection) == 1
        assert tables_of(connection) == before


def test_a_newer_file_is_left_alone(path: Path) -> None:
    """A file from a newer Matinee is refused with its version, and not touched."""
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")

    with pytest.raises(CatalogueError, match="version 99") as refusal:
        Database(path)

    assert refusal.value.code == "catalogue_version"
    with closing(connect(path)) as connection:
        assert version_of(connection) == 99


def test_a_current_file_is_not_copied(path: Path) -> None:
    """Opening a file that needs no step writes no copy."""
    current = path.with_name("current.db")
    Database(current).close()
    Database(current).close()

    assert [file.name for file in path.parent.glob("*.bak")] == []


def test_sessions_of_before_go_on(path: Path) -> None:
    """Who was logged in when one token opened everything has the role that this had, once the
    server's token is entered for them.
    """
    later = microseconds(NOW) + 1
    with closing(connect(path)) as connection:
        connection.execute("INSERT INTO sessions VALUES ('open', ?)", (later,))
    with closing(SqliteCatalogue(path)) as catalogue:
        store = SqliteSessionStore(catalogue)
        assert store.find_session("open", now=NOW) is None

        store.adopt("own-1")

        found = store.find_session("open", now=NOW)
        assert found is not None
        assert found[:2] == (Role.ADMIN, "own-1")
