"""Makes a data directory of a backup."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from matinee.errors import BackupError, ConflictError
from matinee.journal.record_copy import copy_stream
from matinee.runs.backup_manifest import (
    DATA,
    BackupManifest,
    Progress,
    backup_complaints,
    read_backup,
)

_ASIDE: Final = ".restoring"
_TOLD: Final = 5


def verify_backup(folder: Path, progress: Progress) -> BackupManifest:
    """Read every byte of a backup, and let SQLite examine its databases.

    Raises:
        BackupError: it is none, or is not what was backed up; says what is wrong.
    """
    manifest = read_backup(folder)
    complaints = list(backup_complaints(folder, manifest, progress))
    if complaints:
        more = f"\n  and {len(complaints) - _TOLD} more" if len(complaints) > _TOLD else ""
        raise BackupError(
            f"{folder} is not whole:\n  " + "\n  ".join(complaints[:_TOLD]) + more,
            code="backup_damaged",
        )
    return manifest


def restore_backup(folder: Path, data_dir: Path, progress: Progress) -> BackupManifest:
    """Verify a backup and copy it into a new data directory.

    It is copied aside, into the directory itself, which may be a volume of its own, and takes its
    places when all of it is there.

    Raises:
        BackupError: the backup is none or not whole, or the copy can't be written.
        ConflictError: there is something at the data directory already.
    """
    data_dir = data_dir.absolute()
    if data_dir.exists() and {path.name for path in data_dir.iterdir()} - {_ASIDE}:
        raise ConflictError(
            f"{data_dir} exists already and is not empty; it is left as it is. Give --data-dir a "
            "new folder, or move the old one away first",
            code="destination_exists",
        )
    manifest = verify_backup(folder, progress)
    aside = data_dir / _ASIDE
    was_there = data_dir.exists()
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir(mode=0o700)
            _copy(folder / DATA, aside, manifest, progress)
            for entry in list(aside.iterdir()):
                entry.rename(data_dir / entry.name)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
            if not was_there and not any(data_dir.iterdir()):
                data_dir.rmdir()
    except OSError as error:
        raise BackupError(
            f"{data_dir} can't be written: {error.strerror}; nothing is left there"
        ) from error
    return manifest


def _copy(source: Path, target: Path, manifest: BackupManifest, progress: Progress) -> None:
    done = 0

    def report(more: int) -> None:
        nonlocal done
        done += more
        progress("restoring", done, manifest.size_bytes)

    for name, expected in manifest.files.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (source / name).open("rb") as file:
            status = os.fstat(file.fileno())
            copied = copy_stream(file, path, report)
        if copied.sha256 != expected.sha256:
            raise BackupError(f"{name} has changed while it was restored", code="backup_damaged")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
