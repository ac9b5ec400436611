"""What a backup says about itself, and whether that is true."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from fakes.data_dirs import furnish_data_dir
from matinee.errors import BackupError
from matinee.journal.record_copy import digest_of
from matinee.runs.backup import make_backup
from matinee.runs.backup_manifest import (
    BACKUP_FILE,
    BACKUP_FORMAT,
    DATA,
    backup_complaints,
    read_backup,
)


def nobody_listens(_what: str, _done: int, _total: int) -> None:
    """No bar."""


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """A whole one."""
    furnish_data_dir(tmp_path / "data")
    make_backup(tmp_path / "data", tmp_path / "b", small_files=(), progress=nobody_listens)
    return tmp_path / "b"


def complaints(folder: Path) -> list[str]:
    """What is said of it."""
    return list(backup_complaints(folder, read_backup(folder), nobody_listens))


def test_a_whole_one_has_none(backup: Path) -> None:
    """Nothing is said, nothing is written beside it, and all bytes are told of."""
    before = sorted(backup.rglob("*"))
    told: list[tuple[int, int]] = []
    manifest = read_backup(backup)

    found = backup_complaints(backup, manifest, lambda _what, *figures: told.append(figures))

    assert list(found) == []
    assert told[-1] == (manifest.size_bytes, manifest.size_bytes)
    assert sorted(backup.rglob("*")) == before


def _change(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_change, "is not what was backed up"),
        (Path.unlink, "No such file"),
        (lambda path: path.write_bytes(b""), "is not what was backed up"),
    ],
    ids=["a bit", "a file", "all"],
)
def test_whatever_changes_is_seen(backup: Path, spoil: Callable[[Path], Any], said: str) -> None:
    """In every file, one at a time."""
    for name in read_backup(backup).files:
        path = backup / DATA / name
        content = path.read_bytes()
        spoil(path)
        (complaint,) = complaints(backup)
        assert name in complaint
        assert said in complaint
        path.write_bytes(content)
    assert complaints(backup) == []


def test_what_was_added_is_seen(backup: Path) -> None:
    """A file that somebody put there would become part of a server."""
    (backup / DATA / "token").write_text("mine")
    assert complaints(backup) == ["token was not backed up: somebody has put it there"]


def test_a_database_that_was_bad_before_is_seen(backup: Path) -> None:
    """Its bytes are those that were copied; SQLite knows better."""
    manifest = read_backup(backup)
    (name,) = (name for name in manifest.files if name.endswith("run.db"))
    path = backup / DATA / name
    with closing(sqlite3.connect(path)) as connection:
        (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray(path.read_bytes())
    content[page_bytes * 3 : page_bytes * 6] = b"\xff" * (page_bytes * 3)
    path.write_bytes(content)
    document = json.loads((backup / BACKUP_FILE).read_text())
    document["files"][name]["sha256"] = digest_of(path).sha256
    (backup / BACKUP_FILE).write_text(json.dumps(document))

    (complaint,) = complaints(backup)

    assert complaint.startswith(f"{name}: ")


def test_what_is_no_backup_is_told(tmp_path: Path) -> None:
    """A folder of something else, or one that was cut short."""
    with pytest.raises(BackupError, match="is no backup, or one that was cut short"):
        read_backup(tmp_path)
    (tmp_path / BACKUP_FILE).write_text("{}")
    with pytest.raises(BackupError, match="is damaged, or was written by a newer"):
        read_backup(tmp_path)
    (tmp_path / BACKUP_FILE).unlink()
    (tmp_path / BACKUP_FILE).mkdir()
    with pytest.raises(BackupError, match="can't be read"):
        read_backup(tmp_path)


def test_a_newer_format_is_refused(backup: Path) -> None:
    """With what made it."""
    document = json.loads((backup / BACKUP_FILE).read_text())
    document["format"] = BACKUP_FORMAT + 1
    (backup / BACKUP_FILE).write_text(json.dumps(document))
    with pytest.raises(BackupError, match=r"made by a newer one \(matinee "):
        read_backup(backup)


@pytest.mark.parametrize(
    "path", ["../x", "/etc/passwd", "a/../../x", "a//b", "./a", "a/.", "", "a\0b", ".."]
)
def test_names_outside_are_refused(backup: Path, path: str) -> None:
    """A list from elsewhere can't make a restore write anywhere else."""
    document = json.loads((backup / BACKUP_FILE).read_text())
    document["files"][path] = next(iter(document["files"].values()))
    (backup / BACKUP_FILE).write_text(json.dumps(document))
    with pytest.raises(BackupError):
        read_backup(backup)
