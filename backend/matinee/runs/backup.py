"""Makes a backup of a data directory while a server and runs write in it.

What is copied of each run is one state of its record, with the checkpoints that this state lists
(`journal.record_copy`). Every run has its own moment; together they take as long as the copy does.

The server's own token is left out: who finds a backup gets no key with it. Named tokens are there
as digests, which is all that is ever kept of them. Nobody who was logged in is so after a restore.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from matinee import __version__
from matinee.errors import (
    BackupError,
    CheckpointError,
    ConflictError,
    InvalidInputError,
    JournalError,
    NotFoundError,
)
from matinee.journal.record_copy import (
    CopiedFile,
    HeldRecord,
    copy_checkpoint,
    copy_database,
    copy_record,
    copy_stream,
    digest_of,
    held_record,
    size_of_run,
)
from matinee.journal.schema import CHECKPOINTS, DETAILS, RUN_DB, WORKER_LOG
from matinee.runs.backup_manifest import (
    BACKUP_FILE,
    BACKUP_FORMAT,
    DATA,
    BackedUpFile,
    BackedUpRun,
    BackupManifest,
    LeftOut,
    Progress,
)
from matinee.runs.folders import RunFolders
from matinee.runs.recordings import RECORDINGS

CATALOGUE: Final = "catalogue.db"
PARTIAL_SUFFIX: Final = ".partial"
SPARE_BYTES: Final = 64 << 20
"""What a disk must have beyond the copy: records grow while they are copied."""
_BUSY_TIMEOUT_S: Final = 5.0


def make_backup(
    data_dir: Path, destination: Path, *, small_files: Sequence[str], progress: Progress
) -> BackupManifest:
    """Make one; it has its name only when all of it is on disk.

    Args:
        data_dir: Of what.
        destination: A new folder, on any disk.
        small_files: Names in the data directory of files that are replaced as a whole, or only
            grow.
        progress: Hears what is at work.

    Raises:
        InvalidInputError: there is no data directory, or the destination lies in it.
        ConflictError: the destination exists, or another backup is being made there.
        BackupError: it can't be made; nothing is left of it.
    """
    data_dir, destination = data_dir.resolve(), destination.absolute()
    _check_places(data_dir, destination)
    folders = RunFolders(data_dir)
    run_ids = list(folders.run_ids())
    needed = sum(_size(folders, run_id) for run_id in run_ids)
    aside = destination.with_name(destination.name + PARTIAL_SUFFIX)
    try:
        with _made_aside(aside):
            free = shutil.disk_usage(aside).free
            if free < needed + SPARE_BYTES:
                raise BackupError(
                    f"{destination.parent} has {free / 1e6:,.0f} MB free; the backup needs about "
                    f"{(needed + SPARE_BYTES) / 1e6:,.0f} MB",
                    code="little_space",
                )
            making = _Making(data_dir, aside / DATA, needed, progress)
            making.copy_small_files(small_files)
            making.copy_catalogue()
            for run_id in run_ids:
                making.copy_run(folders, run_id)
            manifest = making.manifest()
            _write_flushed(aside / BACKUP_FILE, manifest.model_dump_json(indent=1).encode())
            _flush_tree(aside)
            if destination.exists():
                raise _exists(destination)
            aside.rename(destination)
            _flush(destination.parent)
    except OSError as error:
        raise BackupError(
            f"no backup was made at {destination}: {error.strerror}; nothing is left of it"
        ) from error
    return manifest


class _Making:
    """One backup that is being made."""

    def __init__(self, data_dir: Path, root: Path, needed: int, progress: Progress) -> None:
        self._data_dir = data_dir
        self._root = root
        self._needed = needed
        self._progress = progress
        self._done = 0
        self._made_at = datetime.now(UTC)
        self._files: dict[str, BackedUpFile] = {}
        self._runs: list[BackedUpRun] = []
        self._left_out: list[LeftOut] = []
        self._at_work = ""
        root.mkdir(mode=0o700)

    def copy_small_files(self, names: Sequence[str]) -> None:
        """Those of the data directory itself."""
        for name in names:
            self._copy_file(name)

    def copy_catalogue(self) -> None:
        """The index of runs, without the sessions of browsers. One that is damaged is left out."""
        source = self._data_dir / CATALOGUE
        if not source.exists():
            return
        target = self._root / CATALOGUE
        try:
            with closing(
                sqlite3.connect(
                    f"file:{quote(str(source))}?mode=ro",
                    uri=True,
                    timeout=_BUSY_TIMEOUT_S,
                    isolation_level=None,
                )
            ) as connection:
                connection.execute("BEGIN")
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
                copy_database(connection, target, self._report)
            _forget_sessions(target)
        except (sqlite3.Error, JournalError) as error:
            target.unlink(missing_ok=True)
            self._leave_out(CATALOGUE, f"{error} (a server makes a new one from the run folders)")
        else:
            self._enter(CATALOGUE, digest_of(target))

    def copy_run(self, folders: RunFolders, run_id: str) -> None:
        """One that is deleted meanwhile is not in the backup."""
        self._at_work = run_id
        try:
            run_dir = folders.path(run_id)
        except NotFoundError:
            return
        name = f"runs/{run_id}"
        target = self._root / name
        target.mkdir(parents=True, mode=0o700)
        try:
            with held_record(run_dir) as record:
                self._copy_record(record, name)
        except JournalError as error:
            self._drop(run_id)
            if run_dir.exists():
                self._leave_out(name, str(error))
            return
        self._copy_file(f"{name}/{DETAILS}")
        self._copy_file(f"{name}/{WORKER_LOG}")
        for film in sorted((run_dir / RECORDINGS).glob("[!.]*")):
            self._copy_file(f"{name}/{RECORDINGS}/{film.name}")
        if not run_dir.exists():
            self._drop(run_id)

    def _drop(self, run_id: str) -> None:
        """Half a run is none."""
        name = f"runs/{run_id}"
        shutil.rmtree(self._root / name)
        self._files = {k: v for k, v in self._files.items() if not k.startswith(f"{name}/")}
        self._runs = [run for run in self._runs if run.id != run_id]
        self._left_out = [each for each in self._left_out if not each.path.startswith(f"{name}/")]

    def _copy_record(self, record: HeldRecord, name: str) -> None:
        target, whole = self._root / name, []
        for held in record.checkpoints:
            inner = f"{name}/{CHECKPOINTS}/{held.name}"
            try:
                copied = copy_checkpoint(held, self._root / inner, self._report)
            except CheckpointError as error:
                shutil.rmtree(self._root / inner)
                self._leave_out(inner, str(error))
                continue
            whole.append(held.name)
            for file, copy in copied.items():
                self._enter(f"{inner}/{file}", copy)
        for checkpoint, why in record.missing.items():
            self._leave_out(f"{name}/{CHECKPOINTS}/{checkpoint}", why)
        self._enter(f"{name}/{RUN_DB}", copy_record(record, target / RUN_DB, self._report))
        self._runs.append(
            BackedUpRun(
                id=target.name,
                last_seq=record.last_seq,
                episodes=record.episodes,
                checkpoints=whole,
            )
        )

    def _copy_file(self, name: str) -> None:
        source, target = self._data_dir / name, self._root / name
        try:
            file = source.open("rb")
        except FileNotFoundError:
            return
        with file:
            status = os.fstat(file.fileno())
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            copied = copy_stream(file, target, self._report, at_most_bytes=status.st_size)
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
        self._enter(name, copied)

    def _enter(self, name: str, copied: CopiedFile) -> None:
        self._files[name] = BackedUpFile(size_bytes=copied.size_bytes, sha256=copied.sha256)

    def _leave_out(self, path: str, why: str) -> None:
        self._left_out.append(LeftOut(path=path, why=why))

    def _report(self, more: int) -> None:
        self._done += more
        self._progress(self._at_work or "copying", min(self._done, self._needed), self._needed)

    def manifest(self) -> BackupManifest:
        """Of what was copied so far."""
        return BackupManifest(
            format=BACKUP_FORMAT,
            matinee=__version__,
            made_at=self._made_at,
            data_dir=str(self._data_dir),
            runs=self._runs,
            left_out=self._left_out,
            files=self._files,
        )


def _check_places(data_dir: Path, destination: Path) -> None:
    if not (data_dir / "runs").is_dir() and not (data_dir / CATALOGUE).exists():
        raise InvalidInputError(
            f"{data_dir} is no data directory of Matinee: there is nothing to back up; give "
            "--data-dir"
        )
    if destination.resolve().is_relative_to(data_dir):
        raise InvalidInputError(
            f"{destination} is inside the data directory {data_dir}: a backup there would be lost "
            "with it; name a folder elsewhere, best on another disk"
        )
    if destination.exists() or destination.is_symlink():
        raise _exists(destination)
    if not destination.parent.is_dir():
        raise InvalidInputError(f"{destination.parent} is no folder; make it first")


def _exists(destination: Path) -> ConflictError:
    return ConflictError(
        f"{destination} exists already, and is left as it is; name a new folder, such as "
        f"{destination.name}-$(date +%F)",
        code="destination_exists",
    )


@contextmanager
def _made_aside(aside: Path) -> Iterator[None]:
    """A folder that nobody else makes at the same time; gone at the end unless it was renamed."""
    lock = aside.with_name(aside.name + ".lock")
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConflictError(f"another backup is being made at {aside}") from error
        # What one that was killed left behind.
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
        try:
            yield
        finally:
            shutil.rmtree(aside, ignore_errors=True)
            lock.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _forget_sessions(catalogue: Path) -> None:
    """A copy must not log anybody in who has logged out since."""
    with closing(sqlite3.connect(catalogue, isolation_level=None)) as connection:
        # Not WAL, for this copy: everything shall be in the one file.
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("DELETE FROM sessions")


def _size(folders: RunFolders, run_id: str) -> int:
    try:
        return size_of_run(folders.path(run_id))
    except (NotFoundError, FileNotFoundError):
        return 0


def _write_flushed(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _flush_tree(root: Path) -> None:
    """The names of all files; their contents are flushed already."""
    for folder, _names, _files in os.walk(root):
        _flush(Path(folder))


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
