"""Browser sessions in catalogue.db, and when tokens were last used.

Of sessions only digests, so the file opens no door to who reads it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from matinee.contracts.access import Role
from matinee.errors import LimitExceededError
from matinee.storage.catalogue import SqliteCatalogue
from matinee.storage.database import microseconds, moment, reading_beside


class SqliteSessionStore:
    """Implements `matinee.web.credentials.SessionStore`, in the catalogue's file."""

    def __init__(self, catalogue: SqliteCatalogue) -> None:
        self._database = catalogue.database

    def adopt(self, owner: str) -> None:
        """Enter an owner for the sessions of a Matinee that knew only one."""
        with self._database.write() as connection:
            connection.execute("UPDATE sessions SET owner = ? WHERE owner IS NULL", (owner,))

    def add_session(
        self,
        session_digest: str,
        *,
        role: Role,
        owner: str,
        expires_at: datetime,
        now: datetime,
        at_most: int | None = None,
    ) -> None:
        """Remember a session, and forget those that have expired.

        Raises:
            LimitExceededError: the owner has `at_most` sessions.
        """
        with self._database.write() as connection:
            connection.execute(
                "DELETE FROM sessions WHERE expires_at_us <= ?", (microseconds(now),)
            )
            if at_most is not None:
                (count,) = connection.execute(
                    "SELECT count(*) FROM sessions WHERE owner = ?", (owner,)
                ).fetchone()
                if count >= at_most:
                    raise LimitExceededError(
                        f"{at_most} browsers are logged in with this already",
                        code="too_many_logins",
                    )
            connection.execute(
                "INSERT OR REPLACE INTO sessions (digest, expires_at_us, role, owner) "
                "VALUES (?, ?, ?, ?)",
                (session_digest, microseconds(expires_at), role.value, owner),
            )

    def find_session(
        self, session_digest: str, *, now: datetime
    ) -> tuple[Role, str, datetime] | None:
        """Role, owner and expiry of one that was added, not removed, and has not expired."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT role, owner, expires_at_us FROM sessions "
                "WHERE digest = ? AND expires_at_us > ? AND owner IS NOT NULL",
                (session_digest, microseconds(now)),
            ).fetchone()
        return None if row is None else (Role(row[0]), str(row[1]), moment(row[2]))

    def remove_session(self, session_digest: str) -> None:
        """Forget a session; nothing happens if it is unknown."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM sessions WHERE digest = ?", (session_digest,))

    def count_sessions(self, *, now: datetime) -> dict[str, int]:
        """How many have not expired, by owner; an owner without any is left out."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT owner, count(*) FROM sessions "
                "WHERE expires_at_us > ? AND owner IS NOT NULL GROUP BY owner",
                (microseconds(now),),
            ).fetchall()
        return {str(owner): int(count) for owner, count in rows}

    def save_token_uses(self, uses: Mapping[str, datetime]) -> None:
        """Remember when tokens were last used, by id."""
        with self._database.write() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO token_uses (token_id, used_at_us) VALUES (?, ?)",
                [(token_id, microseconds(at)) for token_id, at in uses.items()],
            )

    def token_uses(self) -> dict[str, datetime]:
        """What `save_token_uses` was told, by id."""
        with self._database.read() as connection:
            return _token_uses(connection)


def read_token_uses(path: Path) -> dict[str, datetime]:
    """When tokens were last used, by id, read beside a server; nothing where there is no file yet.

    Raises:
        CatalogueError: it can't be read.
    """
    if not path.exists():
        return {}
    with reading_beside(path) as connection:
        return _token_uses(connection)


def _token_uses(connection: sqlite3.Connection) -> dict[str, datetime]:
    rows = connection.execute("SELECT token_id, used_at_us FROM token_uses").fetchall()
    return {str(token_id): moment(used_at_us) for token_id, used_at_us in rows}
