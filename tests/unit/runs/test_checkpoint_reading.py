"""Checkpoints as people name them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.records import NOW, new_record
from matinee.contracts.checkpoints import CHECKPOINT_FORMAT, CheckpointManifest
from matinee.contracts.events import CheckpointSaved
from matinee.errors import ConflictError, NotFoundError
from matinee.journal.checkpoint_folders import manifest_files, write_folder
from matinee.journal.writer import JournalWriter
from matinee.runs.checkpoint_reading import (
    find_checkpoint,
    find_newest,
    present_course,
    read_newest,
    read_whole,
)


def save(writer: JournalWriter, checkpoint_id: str, env_step: int) -> Path:
    """A checkpoint of some bytes, in the folder and in the record."""
    contents = {"state.json": b"%d" % env_step}
    manifest = CheckpointManifest(
        format=CHECKPOINT_FORMAT,
        created_at=NOW,
        env_steps=env_step,
        mean_return_100=None,
        files=manifest_files(contents),
    )
    folder = writer.run_dir / "checkpoints" / checkpoint_id
    write_folder(folder, contents, manifest)
    writer.append(
        CheckpointSaved,
        env_step=env_step,
        checkpoint_id=checkpoint_id,
        cause="end",
        size_bytes=2,
    )
    return folder


def test_one_that_was_named_is_read_whole(tmp_path: Path) -> None:
    """Its files, its manifest, and how the record lists it."""
    with new_record(tmp_path) as writer:
        save(writer, "one", 5)
        save(writer, "two", 7)

    whole = read_whole(tmp_path, "one")

    assert whole.contents == {"state.json": b"5"}
    assert (whole.entry, whole.manifest.env_steps) == (find_checkpoint(tmp_path, "one"), 5)


def test_what_is_missing_or_damaged_has_its_code(tmp_path: Path) -> None:
    """A program can tell one that is gone from one that is damaged."""
    with new_record(tmp_path) as writer:
        folder = save(writer, "one", 5)
    (folder / "state.json").write_bytes(b"?")

    with pytest.raises(NotFoundError, match="no checkpoint two") as missing:
        read_whole(tmp_path, "two")
    with pytest.raises(ConflictError, match="changed") as damaged:
        read_whole(tmp_path, "one")
    with pytest.raises(ConflictError, match="changed") as all_damaged:
        read_newest(tmp_path)

    assert missing.value.code == "checkpoint_not_found"
    assert damaged.value.code == all_damaged.value.code == "checkpoint_damaged"


def test_the_newest_is_the_newest_whole_one_of_the_present_course(tmp_path: Path) -> None:
    """Neither one that has changed nor one that the run went back behind."""
    with new_record(tmp_path) as writer:
        save(writer, "one", 5)
        save(writer, "two", 7)
        stretch = writer.stretch_after("one")
        assert stretch is not None
        writer.abandon(stretch, seq=writer.committed_seq + 1, checkpoint_id="one")
        damaged = save(writer, "three", 9)
    (damaged / "state.json").unlink()

    assert read_newest(tmp_path).entry.id == "one"
    assert read_whole(tmp_path, "two").entry.abandoned


def test_a_run_without_any(tmp_path: Path) -> None:
    """Is told what it takes."""
    new_record(tmp_path).close()

    with pytest.raises(ConflictError, match="must train first") as caught:
        read_newest(tmp_path)

    assert caught.value.code == "no_checkpoint"


def test_the_newest_is_of_the_present_course(tmp_path: Path) -> None:
    """What a rewind went back behind does not count; none that counts is a refusal."""
    with new_record(tmp_path) as writer:
        writer.commit()
        with pytest.raises(ConflictError) as refusal:
            find_newest(tmp_path)
        save(writer, "one", 5)
        save(writer, "two", 7)
        writer.commit()
        newest = find_newest(tmp_path).id
        stretch = writer.stretch_after("one")
        assert stretch is not None
        writer.abandon(stretch, seq=writer.committed_seq + 1, checkpoint_id="one")
        writer.commit()

    assert refusal.value.code == "no_checkpoint"
    assert (newest, find_newest(tmp_path).id) == ("two", "one")
    assert [entry.id for entry in present_course(tmp_path)] == ["one"]
