"""Folders of checkpoints on disk: written aside, flushed, verified on reading. Any bytes will do.

A checkpoint is a folder whose manifest names each other file with its size and SHA-256. It is
written as `<folder>.tmp` and renamed when all of it is on disk, and renamed to `.deleted-<folder>`
before it is deleted: a folder whose name is neither is complete. No pickle anywhere.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from io import BufferedReader
from pathlib import Path

from pydantic import ValidationError

from matinee.contracts.checkpoints import (
    CHECKPOINT_FORMAT,
    MANIFEST_FILE,
    CheckpointManifest,
    ManifestFile,
)
from matinee.errors import CheckpointError
from matinee.journal.plain_files import open_within, read_within

TEMPORARY_SUFFIX = ".tmp"
_HALF_DELETED = ".deleted-"


def manifest_files(contents: Mapping[str, bytes]) -> dict[str, ManifestFile]:
    """What proves that files are whole."""
    return {
        name: ManifestFile(size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
        for name, data in contents.items()
    }


def write_folder(folder: Path, contents: Mapping[str, bytes], manifest: CheckpointManifest) -> None:
    """Write a checkpoint; when this returns, it is on disk.

    Args:
        folder: To make; nothing has this name before it is whole.
        contents: Files by name.
        manifest: Of these contents.

    Raises:
        CheckpointError: it can't be written; what was written of it is removed, for a disk that is
            full needs the space.
    """
    aside = folder.with_name(folder.name + TEMPORARY_SUFFIX)
    try:
        if aside.exists():
            shutil.rmtree(aside)
        aside.mkdir(parents=True)
        for name, data in contents.items():
            _write_flushed(aside / name, data)
        _write_flushed(aside / MANIFEST_FILE, manifest.model_dump_json().encode())
        _flush_folder(aside)
        aside.rename(folder)
        _flush_folder(folder.parent)
    except OSError as error:
        with suppress(OSError):
            shutil.rmtree(aside)
        raise CheckpointError(f"{folder.name} can't be written: {error}") from error


def read_manifest(folder: Path) -> CheckpointManifest:
    """What a checkpoint says about itself; its files are not looked at.

    Raises:
        CheckpointError: there is no manifest that can be read, or it is of a newer format.
    """
    try:
        manifest = CheckpointManifest.model_validate_json(manifest_bytes(folder))
    except OSError as error:
        raise CheckpointError(f"{folder.name} can't be read: {error}") from error
    except ValidationError as error:
        raise CheckpointError(f"{folder.name} has no valid manifest: {error}") from error
    if manifest.format > CHECKPOINT_FORMAT:
        raise CheckpointError(f"{folder.name} was written by a newer Matinee")
    return manifest


def manifest_bytes(folder: Path) -> bytes:
    """The manifest as it is on disk.

    Raises:
        OSError: it can't be read.
    """
    return read_within(*_within_run(folder), MANIFEST_FILE)


def open_file(folder: Path, name: str) -> BufferedReader:
    """One file of a checkpoint, which may lie nowhere else.

    Raises:
        CheckpointError: there is none.
    """
    try:
        return open_within(*_within_run(folder), name)
    except OSError as error:
        raise CheckpointError(f"{folder.name} can't be read: {error}") from error


def read_verified(folder: Path) -> dict[str, bytes]:
    """The files of a checkpoint by name, every byte verified.

    Raises:
        CheckpointError: it is incomplete, changed, or of a newer format.
    """
    manifest = read_manifest(folder)
    return {name: _read_verified(folder, name, file) for name, file in manifest.files.items()}


def read_file(folder: Path, name: str) -> bytes:
    """One file of a checkpoint, every byte of it verified; the others are not looked at.

    Raises:
        CheckpointError: it is not there or has changed, or the checkpoint is of a newer format.
    """
    expected = read_manifest(folder).files.get(name)
    if expected is None:
        raise CheckpointError(f"{folder.name} has no file {name}")
    return _read_verified(folder, name, expected)


def list_folders(root: Path) -> list[Path]:
    """The whole checkpoints in a folder, oldest first if their names sort by time."""
    return sorted(
        entry.parent for entry in root.glob(f"*/{MANIFEST_FILE}") if not _is_leftover(entry.parent)
    )


def delete_folder(folder: Path) -> None:
    """Take a checkpoint away: at once under its name, and then byte by byte.

    Raises:
        CheckpointError: it can't be deleted.
    """
    doomed = folder.with_name(f"{_HALF_DELETED}{folder.name}")
    try:
        if folder.exists():
            folder.rename(doomed)
        if doomed.exists():
            shutil.rmtree(doomed)
    except OSError as error:
        raise CheckpointError(f"{folder.name} can't be deleted: {error}") from error


def sweep(root: Path) -> None:
    """Remove what a crash left of half-written and half-deleted checkpoints.

    Raises:
        CheckpointError: it can't be removed.
    """
    try:
        for entry in list(root.iterdir()) if root.exists() else []:
            if _is_leftover(entry):
                shutil.rmtree(entry)
    except OSError as error:
        raise CheckpointError(f"old checkpoints can't be deleted: {error}") from error


def _is_leftover(folder: Path) -> bool:
    return folder.name.endswith(TEMPORARY_SUFFIX) or folder.name.startswith(_HALF_DELETED)


def _read_verified(folder: Path, name: str, expected: ManifestFile) -> bytes:
    with open_file(folder, name) as file:
        # Whoever made it larger than it was must not fill the memory.
        data = file.read(expected.size_bytes + 1) if _size_of(file) == expected.size_bytes else b""
    if len(data) != expected.size_bytes or hashlib.sha256(data).hexdigest() != expected.sha256:
        raise CheckpointError(f"{folder.name}/{name} is not what was written: it has changed")
    return data


def _within_run(folder: Path) -> tuple[Path, str, str]:
    """Where a link may lead to, the run's folder, and the way from there, which has none."""
    return folder.parent.parent, folder.parent.name, folder.name


def _size_of(file: BufferedReader) -> int:
    return os.fstat(file.fileno()).st_size


def _write_flushed(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Without this the names of new files may be lost in a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
