"""Browser sessions in catalogue.db: only digests, so the file opens no door to who reads it."""

from __future__ import annotations

from datetime import datetime

from matinee.storage.catalogue import SqliteCatalogue
from matinee.storage.database import microseconds


class SqliteSessionStore:
    """Implements `matinee.web.credentials.SessionStore`, in the catalogue's file."""

    def __init__(self, catalogue: SqliteCatalogue) -> None:
        self._database = catalogue.database

    def add_session(self, session_digest: str, *, expires_at: datetime, now: datetime) -> None:
        """Remember a session, and forget those that have expired."""
        with self._database.write() as connection:
            connection.execute(
                "DELETE FROM sessions WHERE expires_at_us <= ?", (microseconds(now),)
            )
            connection.execute(
                "INSERT OR REPLACE INTO sessions VALUES (?, ?)",
                (session_digest, microseconds(expires_at)),
            )

    def has_session(self, session_digest: str, *, now: datetime) -> bool:
        """Whether it was added, has not been removed and has not expired."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT 1 FROM sessions WHERE digest = ? AND expires_at_us > ?",
                (session_digest, microseconds(now)),
            ).fetchone()
        return row is not None

    def remove_session(self, session_digest: str) -> None:
        """Forget a session; nothing happens if it is unknown."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM sessions WHERE digest = ?", (session_digest,))
