"""What a backup says about itself, and whether it is whole.

DEST/backup.json     this list; written last, so that what was cut short has none
DEST/data/           laid out like a data directory: a plain copy of it is one
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, Final, Literal
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from matinee.contracts.identifiers import Ulid
from matinee.errors import BackupError
from matinee.journal.record_copy import digest_of

BACKUP_FORMAT: Final = 1
BACKUP_FILE: Final = "backup.json"
DATA: Final = "data"
_DATABASE_SUFFIX: Final = ".db"

Progress = Callable[[str, int, int], None]
"""Hears what is at work, and how many bytes of how many are done."""


def _inside(path: str) -> str:
    """A backup is a file from elsewhere: it must not name anything outside of itself."""
    parts = PurePosixPath(path).parts
    if not parts or path != "/".join(parts) or parts[0] == "/" or ".." in parts or "\0" in path:
        raise ValueError(f"{path!r} is not allowed; allowed: a path inside the backup")
    return path


InnerPath = Annotated[str, AfterValidator(_inside)]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BackedUpFile(_Document):
    """One file in `data/`."""

    size_bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"[0-9a-f]{64}")


class BackedUpRun(_Document):
    """One run, as far as it had come."""

    id: Ulid
    last_seq: int = Field(description="Number of its newest event in the backup.")
    episodes: int
    checkpoints: list[str]


class LeftOut(_Document):
    """What could not be read, and is therefore not in the backup."""

    path: InnerPath
    why: str


class BackupManifest(_Document):
    """`backup.json`."""

    format: int
    matinee: str
    """Version of the program that made it."""
    made_at: datetime
    data_dir: str
    """Where it was made of."""
    runs: list[BackedUpRun]
    left_out: list[LeftOut]
    files: dict[InnerPath, BackedUpFile]

    kind: Literal["matinee-backup"] = "matinee-backup"

    @property
    def size_bytes(self) -> int:
        """Of all files together."""
        return sum(file.size_bytes for file in self.files.values())


def read_backup(folder: Path) -> BackupManifest:
    """What a backup says about itself; its files are not looked at.

    Raises:
        BackupError: it is none, is not whole, or is of a newer format.
    """
    path = folder / BACKUP_FILE
    try:
        manifest = BackupManifest.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise BackupError(
            f"{folder} is no backup, or one that was cut short: it has no {BACKUP_FILE}; "
            "`matinee backup DEST` makes one",
            code="no_backup",
        ) from error
    except OSError as error:
        raise BackupError(f"{path} can't be read: {error.strerror}") from error
    except ValidationError as error:
        raise BackupError(
            f"{path} is damaged, or was written by a newer Matinee than this one"
        ) from error
    if manifest.format > BACKUP_FORMAT:
        raise BackupError(
            f"{folder} is a backup of format {manifest.format}, this Matinee knows "
            f"{BACKUP_FORMAT}: it was made by a newer one (matinee {manifest.matinee}); use that"
        )
    return manifest


def backup_complaints(folder: Path, manifest: BackupManifest, progress: Progress) -> Iterator[str]:
    """What is wrong with a backup, file by file: missing, changed, added, or no sound database.

    Args:
        folder: The backup.
        manifest: Its own.
        progress: Hears of each file.
    """
    root, done = folder / DATA, 0
    for name, expected in manifest.files.items():
        progress("checking", done, manifest.size_bytes)
        path = root / name
        try:
            found = digest_of(path)
        except OSError as error:
            yield f"{name}: {error.strerror}"
            continue
        if (found.size_bytes, found.sha256) != (expected.size_bytes, expected.sha256):
            yield f"{name} is not what was backed up: it has changed"
        elif path.suffix == _DATABASE_SUFFIX:
            complaint = _database_complaint(path)
            if complaint is not None:
                yield f"{name}: {complaint}"
        done += expected.size_bytes
    progress("checking", manifest.size_bytes, manifest.size_bytes)
    there = {path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir()}
    for name in sorted(there - manifest.files.keys()):
        yield f"{name} was not backed up: somebody has put it there"


def _database_complaint(path: Path) -> str | None:
    """What SQLite says of a copy; nothing is written beside it."""
    where = f"file:{quote(str(path))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(where, uri=True)) as connection:
            (line,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        return str(error)
    return None if line == "ok" else str(line)
