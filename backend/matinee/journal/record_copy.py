"""A run's record as it is at one moment, copied while its writer writes.

SQLite's online backup starts again whenever another process commits between two of its steps: a run
commits ten times a second, so a large record would never be done. Here the copying connection is
inside a transaction that reads, so that every step sees the same state of the file. The writer is
not held up; its write-ahead log only can't begin anew until the copy is there.

The checkpoints that this state lists may be thinned out at any moment. So their files are opened
before anything is copied: what is open can be read to its end, whoever deletes its name.
"""

from __future__ import annotations

import errno
import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Final

from matinee.contracts.checkpoints import MANIFEST_FILE
from matinee.errors import CheckpointError, JournalError
from matinee.journal.checkpoint_folders import open_file, read_manifest
from matinee.journal.read_access import opened
from matinee.journal.schema import CHECKPOINTS, run_db

STEP_PAGES: Final = 2_000
"""Of 4 KiB: between two steps the caller hears how far it is."""
PATIENCE_S: Final = 5.0
"""A checkpoint's folder goes some moments before its row does."""
_RETRY_INTERVAL_S: Final = 0.05
_BLOCK_BYTES: Final = 1 << 20
_WRITE_ERRORS: Final = {
    "SQLITE_FULL": errno.ENOSPC,
    "SQLITE_READONLY": errno.EROFS,
    "SQLITE_IOERR_WRITE": errno.EIO,
    "SQLITE_IOERR_FSYNC": errno.EIO,
    "SQLITE_IOERR_TRUNCATE": errno.EIO,
}
"""What SQLite says where the fault is the copy's: the source is only read."""

Report = Callable[[int], None]
"""Hears how many more bytes were copied."""


@dataclass(frozen=True)
class CopiedFile:
    """What proves that a copy is whole."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class HeldCheckpoint:
    """One whose files stay readable, also when it is deleted.

    Attributes:
        files: By name, the manifest among them.
        promised: The SHA-256 that the manifest promises, by name.
    """

    name: str
    files: dict[str, BufferedReader]
    promised: dict[str, str]


@dataclass(frozen=True)
class HeldRecord:
    """One state of a record, with its checkpoints.

    Attributes:
        last_seq: Number of its newest event.
        episodes: How many have finished.
        missing: Checkpoints that it lists and that can't be read, with the reason.
    """

    connection: sqlite3.Connection
    last_seq: int
    episodes: int
    checkpoints: list[HeldCheckpoint] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)


@contextmanager
def held_record(run_dir: Path, *, patience_s: float = PATIENCE_S) -> Iterator[HeldRecord]:
    """The state of a record now, to be copied inside.

    Args:
        run_dir: The run's folder.
        patience_s: For how long to try for a state whose checkpoints are all there.

    Raises:
        JournalError: the record can't be read.
    """
    deadline_s = time.monotonic() + patience_s
    with opened(run_dir) as connection:
        while True:
            connection.execute("BEGIN")
            with ExitStack() as files:
                record = _hold(connection, run_dir, files)
                if not record.missing or time.monotonic() >= deadline_s:
                    yield record
                    return
            connection.execute("ROLLBACK")
            time.sleep(_RETRY_INTERVAL_S)


def _hold(connection: sqlite3.Connection, run_dir: Path, files: ExitStack) -> HeldRecord:
    last_seq, episodes = connection.execute(
        "SELECT (SELECT coalesce(max(seq), 0) FROM events), (SELECT count(*) FROM episodes)"
    ).fetchone()
    record = HeldRecord(connection, last_seq=last_seq, episodes=episodes)
    for (name,) in connection.execute("SELECT folder FROM checkpoints ORDER BY seq").fetchall():
        try:
            record.checkpoints.append(_open_checkpoint(run_dir / CHECKPOINTS / name, files))
        except (CheckpointError, OSError) as error:
            record.missing[name] = str(error)
    return record


def _open_checkpoint(folder: Path, files: ExitStack) -> HeldCheckpoint:
    promised = {name: file.sha256 for name, file in read_manifest(folder).files.items()}
    with ExitStack() as opened_here:
        held = {
            name: opened_here.enter_context(open_file(folder, name))
            for name in (*promised, MANIFEST_FILE)
        }
        files.push(opened_here.pop_all())
    return HeldCheckpoint(folder.name, held, promised)


def copy_record(record: HeldRecord, target: Path, report: Report) -> CopiedFile:
    """Write this state of the record into a new file, and to the disk.

    Raises:
        JournalError: it can't be read.
        OSError: it can't be written.
    """
    copy_database(record.connection, target, report)
    return digest_of(target)


def copy_database(source: sqlite3.Connection, target: Path, report: Report) -> None:
    """SQLite's online backup into a new file.

    Args:
        source: In a transaction that has begun to read, so that others may write meanwhile.
        target: Does not exist yet.
        report: Hears of each step.

    Raises:
        JournalError: it can't be read.
        OSError: it can't be written.
    """
    left: int | None = None

    def tell(_status: int, remaining: int, total: int) -> None:
        nonlocal left
        done = (total if left is None else left) - remaining
        left = remaining
        report(done * page_bytes)

    (page_bytes,) = source.execute("PRAGMA page_size").fetchone()
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    try:
        with closing(sqlite3.connect(target, isolation_level=None)) as copy:
            # Nobody reads it before it is whole and flushed, below.
            copy.execute("PRAGMA synchronous = OFF")
            source.backup(copy, pages=STEP_PAGES, progress=tell)
    except sqlite3.Error as error:
        code = _WRITE_ERRORS.get(getattr(error, "sqlite_errorname", ""))
        if code is not None:
            raise OSError(code, os.strerror(code), str(target)) from error
        raise JournalError(f"{target.name} can't be copied: {error}") from error
    descriptor = os.open(target, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def copy_checkpoint(held: HeldCheckpoint, folder: Path, report: Report) -> dict[str, CopiedFile]:
    """Write a checkpoint into a new folder; by name, what was written.

    Raises:
        CheckpointError: a file is not what its manifest promises; the folder must be thrown away.
        OSError: it can't be written.
    """
    folder.mkdir(parents=True, mode=0o700)
    copied = {}
    for name, source in held.files.items():
        copied[name] = copy_stream(source, folder / name, report)
        promised = held.promised.get(name)
        if promised is not None and promised != copied[name].sha256:
            raise CheckpointError(f"{held.name}/{name} is not what was written: it has changed")
    return copied


def copy_stream(
    source: BinaryIO, target: Path, report: Report, *, at_most_bytes: int | None = None
) -> CopiedFile:
    """Copy a file into a new one, and to the disk.

    Args:
        source: Read from where it stands.
        target: Does not exist yet.
        report: Hears of each block.
        at_most_bytes: Of a file that grows, the part that was there.

    Raises:
        OSError: it can't be written.
    """
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while True:
            left = _BLOCK_BYTES if at_most_bytes is None else at_most_bytes - size
            block = source.read(min(_BLOCK_BYTES, left))
            if not block:
                break
            file.write(block)
            digest.update(block)
            size += len(block)
            report(len(block))
        file.flush()
        os.fsync(descriptor)
    return CopiedFile(size, digest.hexdigest())


def digest_of(path: Path) -> CopiedFile:
    """What a file holds now.

    Raises:
        OSError: it can't be read.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return CopiedFile(os.fstat(file.fileno()).st_size, digest)


def size_of_run(run_dir: Path) -> int:
    """Bytes of everything in a run's folder, about: files come and go."""
    size = 0
    for path in run_dir.rglob("*"):
        try:
            if path.is_file():
                size += path.stat().st_size
        except FileNotFoundError:
            continue
    return max(size, run_db(run_dir).stat().st_size)
