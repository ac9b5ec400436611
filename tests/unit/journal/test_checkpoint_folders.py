"""Folders of checkpoints on disk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from fakes.records import NOW
from matinee.contracts.checkpoints import CHECKPOINT_FORMAT, MANIFEST_FILE, CheckpointManifest
from matinee.errors import CheckpointError
from matinee.journal.checkpoint_folders import (
    delete_folder,
    list_folders,
    manifest_files,
    read_file,
    read_manifest,
    read_verified,
    sweep,
    write_folder,
)

CONTENTS = {"a.bin": b"some weights", "b.json": b"{}"}


def write(folder: Path) -> CheckpointManifest:
    """Two files, and what proves that they are whole."""
    manifest = CheckpointManifest(
        format=CHECKPOINT_FORMAT,
        created_at=NOW,
        env_steps=7,
        mean_return_100=None,
        files=manifest_files(CONTENTS),
    )
    write_folder(folder, CONTENTS, manifest)
    return manifest


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    """Every file, and the manifest; a folder that was there half written is replaced."""
    (tmp_path / "one.tmp" / "old").mkdir(parents=True)

    manifest = write(tmp_path / "one")

    assert read_verified(tmp_path / "one") == CONTENTS
    assert read_manifest(tmp_path / "one") == manifest
    assert manifest.size_bytes == sum(map(len, CONTENTS.values()))
    assert list_folders(tmp_path) == [tmp_path / "one"]


def test_a_full_disk_gets_its_space_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written of a checkpoint that could not be finished is removed at once."""

    def fsync(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(CheckpointError, match="No space left"):
        write(tmp_path / "one")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [*CONTENTS, MANIFEST_FILE])
def test_a_changed_byte_is_found(tmp_path: Path, name: str) -> None:
    """In any file, the manifest included; also a file that is gone."""
    write(tmp_path / "one")
    write(tmp_path / "two")
    data = bytearray((tmp_path / "one" / name).read_bytes())
    data[0] ^= 1
    (tmp_path / "one" / name).write_bytes(data)
    (tmp_path / "two" / name).unlink()

    for folder in ("one", "two"):
        with pytest.raises(CheckpointError):
            read_verified(tmp_path / folder)


def test_what_is_deleted_is_gone_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed half-way it is a leftover that the next sweep finds, never half a checkpoint."""
    write(tmp_path / "one")
    write(tmp_path / "two")
    with monkeypatch.context() as patch:

        def killed(path: Path) -> None:
            (path / MANIFEST_FILE).unlink()
            raise OSError("killed")

        patch.setattr(shutil, "rmtree", killed)
        with pytest.raises(CheckpointError, match="killed"):
            delete_folder(tmp_path / "one")

    assert list_folders(tmp_path) == [tmp_path / "two"]
    assert len(list(tmp_path.iterdir())) == 2
    (tmp_path / "three.tmp").mkdir()
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [tmp_path / "two"]


def test_deleting_what_is_not_there_does_nothing(tmp_path: Path) -> None:
    """Nor does sweeping a folder that nobody has made yet."""
    delete_folder(tmp_path / "one")
    sweep(tmp_path / "nowhere")

    assert list(tmp_path.iterdir()) == []


def test_one_file_is_read_without_the_others(tmp_path: Path) -> None:
    """Verified like all of them; one that the manifest does not name is none."""
    folder = tmp_path / "one"
    write(folder)
    first, second = CONTENTS
    (folder / second).write_bytes(b"changed")

    assert read_file(folder, first) == CONTENTS[first]
    for name, words in ((second, "changed"), ("manifest.json", "no file"), ("x", "no file")):
        with pytest.raises(CheckpointError, match=words):
            read_file(folder, name)
