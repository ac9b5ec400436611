"""Brings a run.db of an older Matinee to the present layout: all of it, or nothing."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from matinee.errors import JournalError
from matinee.journal.schema import SCHEMA_VERSION, STEPS, version_of


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Add what older versions of the file lack. It is copied first, and checked before it counts.

    The copy, `run.db.v<version>.bak`, stays until the record has been closed in good order.
    Only for the record's owner.

    Raises:
        JournalError: it could not be done; the file is as it was.
    """
    version = version_of(connection)
    if version == SCHEMA_VERSION:
        return
    try:
        _back_up(connection, path, version)
        # One transaction: a process that is killed within leaves the old file.
        connection.execute("BEGIN IMMEDIATE")
        for statement in _statements(version):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        findings = [str(row[0]) for row in connection.execute("PRAGMA quick_check(3)")]
        if findings != ["ok"]:
            raise JournalError(f"{path} is damaged: {'; '.join(findings)}. Try `matinee doctor`")
        connection.execute("COMMIT")
    except (sqlite3.Error, OSError) as error:
        raise JournalError(
            f"{path} could not be brought from version {version} to {SCHEMA_VERSION}, "
            f"and is as it was: {error}"
        ) from error
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def drop_backups(path: Path) -> None:
    """Remove the copies that migrations made: the record has been written and closed since."""
    for copy in path.parent.glob(f"{path.name}.v*.bak*"):
        copy.unlink(missing_ok=True)


def _statements(version: int) -> list[str]:
    """Of the missing steps. `executescript` would commit what is open before it begins."""
    return [
        statement for step in STEPS[version:] for statement in step.split(";") if statement.strip()
    ]


def _back_up(connection: sqlite3.Connection, path: Path, version: int) -> None:
    # Everything into the one file first: the copy then has no WAL of its own to lose.
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    target = path.with_name(f"{path.name}.v{version}.bak")
    aside = target.with_name(f"{target.name}.tmp")
    aside.unlink(missing_ok=True)
    with closing(sqlite3.connect(aside)) as copy:
        connection.backup(copy)
    with aside.open("rb") as file:
        os.fsync(file.fileno())
    aside.rename(target)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
