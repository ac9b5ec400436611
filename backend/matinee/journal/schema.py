"""The tables of run.db (SQLite, WAL) and the folder that it lives in.

`events` holds everything in order, by sequence number. Finished episodes and metric summaries also
have tables of their own, so that charts and exports need no JSON; their events name the rows.
Histograms are in a table alone: their events are put together from it. Blocks are consecutive rows
added up, so that a chart of a long run need not read them all.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from matinee.errors import JournalError, JournalVersionError

APPLICATION_ID = 0x4D41544E
"""`MATN`: lets `file` tell a run.db from any other SQLite file."""

RUN_DB = "run.db"
OWNER_LOCK = "owner.lock"
DETAILS = "details.json"
WORKER_LOG = "worker.log"
CHECKPOINTS = "checkpoints"

PARENT = "parent"
"""Key in `meta`: where a run was forked, as JSON; missing if it was not."""

FIRST_EPISODE = "first_episode"
"""Key in `meta`: the number of the first episode; missing: 1."""

WORKERS = "workers"
"""Key in `meta`: the newest table of threads, as JSON; missing before the first, and in older
records. It is no event: it is worth nothing once there is a newer one."""

BUSY_TIMEOUT_MS = 5_000

_FIRST = """
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
_HISTOGRAMS = """
CREATE TABLE histograms (
    histogram INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    labels TEXT NOT NULL
);
CREATE TABLE histogram_rows (
    histogram INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    exponent INTEGER NOT NULL,
    first INTEGER NOT NULL,
    counts TEXT NOT NULL,
    PRIMARY KEY (histogram, seq)
) WITHOUT ROWID;
"""
_LONG_RUNS = """
ALTER TABLE checkpoints ADD COLUMN cause TEXT NOT NULL DEFAULT 'schedule';
ALTER TABLE checkpoints ADD COLUMN created_at REAL;
ALTER TABLE checkpoints ADD COLUMN episodes INTEGER;
ALTER TABLE checkpoints ADD COLUMN seconds REAL;
ALTER TABLE checkpoints ADD COLUMN mean_return_100 REAL;
ALTER TABLE checkpoints ADD COLUMN full_window INTEGER;
ALTER TABLE checkpoints ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE checkpoints ADD COLUMN command_id TEXT;
CREATE TABLE abandoned (
    seq INTEGER PRIMARY KEY,
    checkpoint_id TEXT NOT NULL,
    from_seq INTEGER NOT NULL,
    until_seq INTEGER NOT NULL,
    from_episode INTEGER NOT NULL,
    until_episode INTEGER NOT NULL,
    from_env_step INTEGER NOT NULL,
    until_env_step INTEGER NOT NULL,
    from_seconds REAL NOT NULL,
    until_seconds REAL NOT NULL,
    from_update INTEGER NOT NULL,
    until_update INTEGER NOT NULL
);
CREATE TABLE episode_blocks (
    level INTEGER NOT NULL,
    last INTEGER NOT NULL,
    env_step INTEGER NOT NULL,
    seconds REAL NOT NULL,
    updates INTEGER NOT NULL,
    return_sum REAL NOT NULL,
    return_min REAL NOT NULL,
    return_max REAL NOT NULL,
    length_sum INTEGER NOT NULL,
    length_min INTEGER NOT NULL,
    length_max INTEGER NOT NULL,
    PRIMARY KEY (level, last)
) WITHOUT ROWID;
CREATE TABLE metric_blocks (
    metric INTEGER NOT NULL,
    level INTEGER NOT NULL,
    last INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    mean_sum REAL NOT NULL,
    min REAL NOT NULL,
    max REAL NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (metric, level, last)
) WITHOUT ROWID;
CREATE INDEX told ON events (seq)
WHERE type NOT IN ('metrics_summarised', 'episodes_finished', 'histograms_counted');
"""
STEPS = (_FIRST, _HISTOGRAMS, _LONG_RUNS)
"""`PRAGMA user_version` is the number of steps taken. They only add, and are never edited once
released: new ones come at the end."""

SCHEMA_VERSION = len(STEPS)
HISTOGRAMS_SINCE = 2
BLOCKS_SINCE = 3


def run_db(run_dir: Path) -> Path:
    """Where a run's record is."""
    return run_dir / RUN_DB


def create_tables(connection: sqlite3.Connection) -> None:
    """Lay out an empty run.db."""
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.executescript(
        f"BEGIN IMMEDIATE;{''.join(STEPS)}PRAGMA user_version = {SCHEMA_VERSION};COMMIT;"
    )


def version_of(connection: sqlite3.Connection) -> int:
    """Of the file's layout."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def check_version(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that is no run.db, or of a version that this code does not know.

    Raises:
        JournalError: it is not a run.db.
        JournalVersionError: it was written by a newer Matinee.
    """
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    version = version_of(connection)
    if application_id != APPLICATION_ID:
        raise JournalError(f"{path} is not a Matinee run.db")
    if version > SCHEMA_VERSION:
        raise JournalVersionError(
            f"{path} has schema version {version}; this Matinee knows up to {SCHEMA_VERSION}: "
            "please update Matinee"
        )
