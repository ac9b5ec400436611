"""The tables of catalogue.db, as numbered steps forward.

`PRAGMA user_version` is the number of steps taken. Steps are never edited once released: new
ones are added at the end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from matinee.errors import CatalogueError

Migration = tuple[str, ...]

MIGRATIONS: Sequence[Migration] = (
    (
        """CREATE TABLE runs (
            id TEXT PRIMARY KEY,
            created_at_us INTEGER NOT NULL,
            state TEXT NOT NULL,
            environment TEXT NOT NULL,
            algorithm TEXT NOT NULL,
            group_name TEXT,
            search_text TEXT NOT NULL,
            document TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX runs_newest_first ON runs (created_at_us DESC, id DESC)",
        """CREATE TABLE idempotency_keys (
            key TEXT PRIMARY KEY,
            fingerprint TEXT NOT NULL,
            run_id TEXT NOT NULL,
            claimed_at_us INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE sessions (
            digest TEXT PRIMARY KEY,
            expires_at_us INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID""",
        "CREATE TABLE write_probe (id INTEGER PRIMARY KEY CHECK (id = 1), n INTEGER) STRICT",
    ),
    (
        # Until now there was one token, which opened everything: who had a session had that role.
        "ALTER TABLE sessions ADD COLUMN role TEXT NOT NULL DEFAULT 'admin'",
        # NULL: from before; the next server enters its own token.
        "ALTER TABLE sessions ADD COLUMN owner TEXT",
    ),
    (
        """CREATE TABLE token_uses (
            token_id TEXT PRIMARY KEY,
            used_at_us INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID""",
    ),
)


def migrate(
    connection: sqlite3.Connection, path: Path, *, migrations: Sequence[Migration] = MIGRATIONS
) -> None:
    """Bring a database to the newest version: all missing steps, or none of them.

    A database that already holds data is copied to `<name>.v<version>.bak` first.

    Raises:
        CatalogueError: it was written by a newer Matinee.
    """
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(migrations):
        raise CatalogueError(
            f"{path} has version {version}, this Matinee knows {len(migrations)}: it was written "
            "by a newer one. Use that, or another --data-dir",
            code="catalogue_version",
        )
    if version == len(migrations):
        return
    if version > 0:
        _back_up(connection, path.with_name(f"{path.name}.v{version}.bak"))
    connection.execute("BEGIN IMMEDIATE")
    try:
        for migration in migrations[version:]:
            for statement in migration:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _back_up(connection: sqlite3.Connection, target: Path) -> None:
    # Aside first: a copy that was cut short would pass for a whole one.
    aside = target.with_name(f"{target.name}.tmp")
    aside.unlink(missing_ok=True)
    with closing(sqlite3.connect(aside)) as copy:
        connection.backup(copy)
    aside.replace(target)
