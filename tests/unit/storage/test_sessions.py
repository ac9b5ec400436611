"""Browser sessions survive a restart, expire, and can be ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.run_use_cases import NOW
from matinee.contracts.access import Role
from matinee.errors import CatalogueError
from matinee.storage.catalogue import SqliteCatalogue
from matinee.storage.sessions import SqliteSessionStore, read_token_uses

HOUR = timedelta(hours=1)


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[SqliteCatalogue]:
    """The file that sessions share with the index."""
    with closing(SqliteCatalogue(tmp_path / "catalogue.db")) as catalogue:
        yield catalogue


def test_a_session_lasts_until_it_expires(catalogue: SqliteCatalogue) -> None:
    """A session is good up to the moment of its expiry, and not from then on."""
    store = SqliteSessionStore(catalogue)
    store.add_session("d", role=Role.VIEWER, owner="own-1", expires_at=NOW + HOUR, now=NOW)

    assert store.find_session("d", now=NOW + HOUR - timedelta(microseconds=1)) is not None
    assert store.find_session("d", now=NOW + HOUR) is None
    assert store.find_session("other", now=NOW) is None


def test_an_ended_session_is_gone(catalogue: SqliteCatalogue) -> None:
    """After its end a session is refused; ending an unknown one is no error."""
    store = SqliteSessionStore(catalogue)
    store.add_session("d", role=Role.VIEWER, owner="own-1", expires_at=NOW + HOUR, now=NOW)

    store.remove_session("d")
    store.remove_session("d")

    assert store.find_session("d", now=NOW) is None


def test_sessions_survive_a_restart(catalogue: SqliteCatalogue, tmp_path: Path) -> None:
    """A server started later on the same file knows the session."""
    SqliteSessionStore(catalogue).add_session(
        "d", role=Role.VIEWER, owner="own-1", expires_at=NOW + HOUR, now=NOW
    )
    catalogue.close()

    again = SqliteCatalogue(tmp_path / "catalogue.db")

    assert SqliteSessionStore(again).find_session("d", now=NOW) is not None
    again.close()


def test_expired_sessions_do_not_pile_up(catalogue: SqliteCatalogue) -> None:
    """Each login clears away the sessions that have expired."""
    store = SqliteSessionStore(catalogue)
    for n in range(5):
        store.add_session(str(n), role=Role.VIEWER, owner="own-1", expires_at=NOW + HOUR, now=NOW)

    store.add_session(
        "new", role=Role.VIEWER, owner="own-1", expires_at=NOW + 3 * HOUR, now=NOW + 2 * HOUR
    )

    with catalogue.database.read() as connection:
        assert connection.execute("SELECT digest FROM sessions").fetchall() == [("new",)]


def test_sessions_are_counted_by_owner(catalogue: SqliteCatalogue) -> None:
    """Those that have expired count no more."""
    store = SqliteSessionStore(catalogue)
    for digest, owner, hours in (("a", "T", 1), ("b", "T", 3), ("c", "U", 1)):
        store.add_session(
            digest, role=Role.VIEWER, owner=owner, expires_at=NOW + hours * HOUR, now=NOW
        )

    assert store.count_sessions(now=NOW) == {"T": 2, "U": 1}
    assert store.count_sessions(now=NOW + HOUR) == {"T": 1}


def test_uses_of_tokens_survive_a_restart(catalogue: SqliteCatalogue, tmp_path: Path) -> None:
    """The newest of each."""
    SqliteSessionStore(catalogue).save_token_uses({"T": NOW, "U": NOW})
    SqliteSessionStore(catalogue).save_token_uses({"T": NOW + HOUR})
    catalogue.close()

    with closing(SqliteCatalogue(tmp_path / "catalogue.db")) as again:
        assert SqliteSessionStore(again).token_uses() == {"T": NOW + HOUR, "U": NOW}


def test_uses_are_read_beside_a_server(catalogue: SqliteCatalogue, tmp_path: Path) -> None:
    """While the server has the file open; where there is none yet, nothing was used."""
    assert read_token_uses(tmp_path / "none.db") == {}
    assert not (tmp_path / "none.db").exists()

    SqliteSessionStore(catalogue).save_token_uses({"T": NOW})
    assert read_token_uses(tmp_path / "catalogue.db") == {"T": NOW}


def test_what_is_no_catalogue_is_told(tmp_path: Path) -> None:
    """A damaged file is an error in words."""
    (tmp_path / "catalogue.db").write_bytes(b"no database " * 100)

    with pytest.raises(CatalogueError, match="can't be used"):
        read_token_uses(tmp_path / "catalogue.db")
