"""A checkpoint as a zip file."""

from __future__ import annotations

import io
import os
import shutil
import zipfile
from pathlib import Path

import psutil
import pytest

from fakes.records import NOW
from fakes.saved_policies import saved_policy
from matinee.contracts.checkpoints import CHECKPOINT_FORMAT, CheckpointManifest
from matinee.errors import CheckpointError
from matinee.journal.checkpoint_folders import manifest_files, write_folder
from matinee.runs.downloads import PIECE_BYTES, archive, archive_digest, digest_of

CONTENTS = {
    "learner.safetensors": b"weights",
    "policy.json": saved_policy().contents["policy.json"],
}
PROGRAMS = {"policy.py", "environment.py", "physics.py", "play.py"}


def make(folder: Path, contents: dict[str, bytes] = CONTENTS) -> Path:
    """A checkpoint on disk."""
    manifest = CheckpointManifest(
        format=CHECKPOINT_FORMAT,
        created_at=NOW,
        env_steps=5,
        mean_return_100=None,
        files=manifest_files(contents),
    )
    write_folder(folder, contents, manifest)
    return folder


def names(zipped: bytes) -> set[str]:
    """What lies in the archive's one folder."""
    with zipfile.ZipFile(io.BytesIO(zipped)) as opened:
        assert opened.testzip() is None
        folders = {name.split("/")[0] for name in opened.namelist()}
        assert folders == {"checkpoint-one"}
        return {name.split("/")[1] for name in opened.namelist()}


def test_all_of_it_and_what_plays_it(tmp_path: Path) -> None:
    """The files as they are, the manifest that proves them, programs, and what it all is."""
    folder = make(tmp_path / "one")

    zipped = b"".join(archive(folder))

    assert names(zipped) == {*CONTENTS, "manifest.json", *PROGRAMS, "README.md"}
    with zipfile.ZipFile(io.BytesIO(zipped)) as opened:
        for name in (*CONTENTS, "manifest.json"):
            assert opened.read(f"checkpoint-one/{name}") == (folder / name).read_bytes()
        for name in PROGRAMS:
            compile(opened.read(f"checkpoint-one/{name}"), name, "exec")


def test_the_same_checkpoint_is_the_same_file(tmp_path: Path) -> None:
    """Its digest says so, and changes with it."""
    folder = make(tmp_path / "one")
    other = make(tmp_path / "two", {**CONTENTS, "learner.safetensors": b"others"})

    assert b"".join(archive(folder)) == b"".join(archive(folder))
    assert archive_digest(folder) == archive_digest(folder) != archive_digest(other)
    assert digest_of(folder, b"one way") != digest_of(folder, b"another way")


def test_what_is_not_whole_is_refused_before_the_first_byte(tmp_path: Path) -> None:
    """Changed, incomplete, without a manifest, or with one that names files elsewhere."""
    changed, incomplete = make(tmp_path / "one"), make(tmp_path / "two")
    (changed / "learner.safetensors").write_bytes(b"weightz")
    (incomplete / "policy.json").unlink()
    astray = make(tmp_path / "three")
    text = (astray / "manifest.json").read_text()
    (astray / "manifest.json").write_text(text.replace("policy.json", "../one/policy.json"))

    for folder, words in (
        (changed, "changed"),
        (incomplete, "can't be read"),
        (astray, "elsewhere"),
        (tmp_path / "none", "can't be read"),
    ):
        with pytest.raises(CheckpointError, match=words):
            archive(folder)
    with pytest.raises(CheckpointError, match="can't be read"):
        archive_digest(tmp_path / "none")


def test_one_that_is_deleted_meanwhile_is_sent_all_the_same(tmp_path: Path) -> None:
    """Its files are open from before the first byte on."""
    folder = make(tmp_path / "one")

    pieces = archive(folder)
    shutil.rmtree(folder)

    assert "learner.safetensors" in names(b"".join(pieces))


def test_pieces_are_small_and_files_are_closed(tmp_path: Path) -> None:
    """However large the checkpoint is, and whether or not somebody takes it to the end."""
    folder = make(tmp_path / "one", {"learner.safetensors": os.urandom(5 * PIECE_BYTES)})
    before = psutil.Process().num_fds()

    sizes = [len(piece) for piece in archive(folder)]
    pieces = archive(folder)
    next(pieces)
    del pieces

    assert max(sizes) < 2 * PIECE_BYTES
    assert psutil.Process().num_fds() == before
