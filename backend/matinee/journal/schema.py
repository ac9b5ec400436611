"""The tables of run.db (SQLite, WAL) and the folder that it lives in.

`events` holds everything in order, by sequence number. Finished episodes and metric summaries also
have tables of their own, so that charts and exports need no JSON; their events name the rows.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from matinee.errors import JournalError, JournalVersionError

SCHEMA_VERSION = 1
APPLICATION_ID = 0x4D41544E
"""`MATN`: lets `file` tell a run.db from any other SQLite file."""

RUN_DB = "run.db"
OWNER_LOCK = "owner.lock"
DETAILS = "details.json"
WORKER_LOG = "worker.log"
CHECKPOINTS = "checkpoints"

BUSY_TIMEOUT_MS = 5_000

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE snapshot (id INTEGER PRIMARY KEY CHECK (id = 1), document TEXT NOT NULL);
CREATE TABLE process (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    pid INTEGER NOT NULL,
    process_started_at REAL NOT NULL,
    socket_path TEXT NOT NULL
);
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    env_step INTEGER NOT NULL,
    type TEXT NOT NULL,
    payload TEXT NOT NULL
);
CREATE TABLE episodes (
    episode INTEGER PRIMARY KEY,
    worker INTEGER NOT NULL,
    env_step INTEGER NOT NULL,
    seconds REAL NOT NULL,
    updates INTEGER NOT NULL,
    return REAL NOT NULL,
    length INTEGER NOT NULL
);
CREATE TABLE metrics (metric INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE flushes (
    seq INTEGER PRIMARY KEY,
    env_step INTEGER NOT NULL,
    seconds REAL NOT NULL,
    updates INTEGER NOT NULL,
    episodes INTEGER NOT NULL
);
CREATE TABLE metric_rows (
    metric INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    mean REAL NOT NULL,
    min REAL NOT NULL,
    max REAL NOT NULL,
    last REAL NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (metric, seq)
) WITHOUT ROWID;
CREATE TABLE commands (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    is_open INTEGER NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX open_commands ON commands (position) WHERE is_open;
CREATE TABLE checkpoints (
    id TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    env_step INTEGER NOT NULL,
    folder TEXT NOT NULL,
    size_bytes INTEGER NOT NULL
) WITHOUT ROWID;
"""


def run_db(run_dir: Path) -> Path:
    """Where a run's record is."""
    return run_dir / RUN_DB


def create_tables(connection: sqlite3.Connection) -> None:
    """Lay out an empty run.db."""
    connection.executescript(
        f"BEGIN IMMEDIATE;{_TABLES}"
        f"PRAGMA user_version = {SCHEMA_VERSION};"
        f"PRAGMA application_id = {APPLICATION_ID};"
        "COMMIT;"
    )


def check_version(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that is no run.db, or of a version that this code does not know.

    Raises:
        JournalError: it is not a run.db.
        JournalVersionError: it was written by a newer Matinee.
    """
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application_id != APPLICATION_ID:
        raise JournalError(f"{path} is not a Matinee run.db")
    if version > SCHEMA_VERSION:
        raise JournalVersionError(
            f"{path} has schema version {version}; this Matinee knows up to {SCHEMA_VERSION}: "
            "please update Matinee"
        )
