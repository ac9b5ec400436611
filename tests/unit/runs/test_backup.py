"""A backup of a data directory: what is in it, and that what was cut short never looks whole."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from fakes.data_dirs import OWN_TOKEN, WEIGHTS, furnish_data_dir
from fakes.records import episodes
from matinee.errors import BackupError, ConflictError, InvalidInputError
from matinee.journal.checkpoint_folders import delete_folder, read_verified
from matinee.journal.integrity import check_record
from matinee.journal.schema import CHECKPOINTS, run_db
from matinee.journal.writer import JournalWriter
from matinee.runs import backup as backup_module
from matinee.runs.backup import make_backup
from matinee.runs.backup_manifest import BACKUP_FILE, DATA, BackupManifest, read_backup
from matinee.storage.token_file import TOKENS_FILE


def nobody_listens(_what: str, _done: int, _total: int) -> None:
    """No bar."""


def back_up(
    data_dir: Path,
    destination: Path,
    progress: Callable[[str, int, int], None] = nobody_listens,
) -> BackupManifest:
    """As the command line does it."""
    return make_backup(data_dir, destination, small_files=(TOKENS_FILE,), progress=progress)


def test_a_backup_has_what_is_a_runs_and_no_key(tmp_path: Path) -> None:
    """Record, checkpoints, notes, films, log and the digests of tokens are there; the server's own
    token, its log and logins of browsers are not, and nobody else can read it.
    """
    run_id = furnish_data_dir(tmp_path / "data")
    destination = tmp_path / "backup"

    manifest = back_up(tmp_path / "data", destination)

    data = destination / DATA
    there = {p.relative_to(data).as_posix() for p in data.rglob("*") if p.is_file()}
    inside = {name.replace(run_id, "RUN") for name in manifest.files}
    (checkpoint,) = manifest.runs[0].checkpoints
    assert {name.replace(checkpoint, "CHECKPOINT") for name in inside} == {
        "catalogue.db",
        "tokens.json",
        "runs/RUN/run.db",
        "runs/RUN/details.json",
        "runs/RUN/worker.log",
        "runs/RUN/recordings/film.gif",
        "runs/RUN/checkpoints/CHECKPOINT/learner.safetensors",
        "runs/RUN/checkpoints/CHECKPOINT/manifest.json",
    }
    assert manifest.files.keys() == there
    assert sorted(path.name for path in destination.iterdir()) == [BACKUP_FILE, DATA]
    assert manifest.left_out == []
    assert (manifest.runs[0].episodes, manifest.runs[0].id) == (40, run_id)
    files = [path for path in destination.rglob("*") if path.is_file()]
    assert not any(OWN_TOKEN.encode() in path.read_bytes() for path in files)
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(destination.stat().st_mode) == 0o700
    with closing(sqlite3.connect(destination / DATA / "catalogue.db")) as connection:
        assert connection.execute("SELECT count(*) FROM sessions").fetchone() == (0,)
        assert connection.execute("SELECT id FROM runs").fetchall() == [(run_id,)]
    run_dir = destination / DATA / "runs" / run_id
    assert check_record(run_dir) == []
    assert read_verified(run_dir / CHECKPOINTS / checkpoint) == WEIGHTS
    assert read_backup(destination) == manifest


def test_runs_that_come_and_go_meanwhile(tmp_path: Path) -> None:
    """A run that is deleted while it is copied is not in the backup, wholly; the others are."""
    data_dir = tmp_path / "data"
    first, second = furnish_data_dir(data_dir), furnish_second(data_dir)

    def delete(what: str, _done: int, _total: int) -> None:
        if what == first and (data_dir / "runs" / first).exists():
            shutil.rmtree(data_dir / "runs" / first)

    manifest = back_up(data_dir, tmp_path / "backup", delete)

    assert [run.id for run in manifest.runs] == [second]
    assert [path.name for path in (tmp_path / "backup" / DATA / "runs").iterdir()] == [second]
    assert manifest.left_out == []
    assert not any(first in name for name in manifest.files)


def furnish_second(data_dir: Path) -> str:
    """One more run."""
    (data_dir / TOKENS_FILE).unlink()
    return furnish_data_dir(data_dir)


def test_what_cannot_be_read_is_named_and_the_rest_is_there(tmp_path: Path) -> None:
    """A damaged record, catalogue or checkpoint holds up nothing else, and nothing passes for a
    copy of it.
    """
    data_dir = tmp_path / "data"
    damaged, whole = furnish_data_dir(data_dir), furnish_second(data_dir)
    run_db(data_dir / "runs" / damaged).write_bytes(b"no database" * 1000)
    (data_dir / "catalogue.db").write_bytes(b"no database" * 1000)
    (checkpoint,) = (data_dir / "runs" / whole / CHECKPOINTS).iterdir()
    (checkpoint / "learner.safetensors").write_bytes(b"other")

    manifest = back_up(data_dir, tmp_path / "backup")

    assert [each.path for each in manifest.left_out] == [
        "catalogue.db",
        f"runs/{damaged}",
        f"runs/{whole}/checkpoints/{checkpoint.name}",
    ]
    assert [(run.id, run.checkpoints) for run in manifest.runs] == [(whole, [])]
    data = tmp_path / "backup" / DATA
    there = {p.relative_to(data).as_posix() for p in data.rglob("*") if p.is_file()}
    assert there == manifest.files.keys()


def test_a_checkpoint_that_is_gone_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the record lists and the disk lacks is told, after some patience."""
    monkeypatch.setattr(backup_module, "held_record", _impatient)
    run_id = furnish_data_dir(tmp_path / "data")
    (checkpoint,) = (tmp_path / "data" / "runs" / run_id / CHECKPOINTS).iterdir()
    delete_folder(checkpoint)

    manifest = back_up(tmp_path / "data", tmp_path / "backup")

    (left_out,) = manifest.left_out
    assert left_out.path == f"runs/{run_id}/checkpoints/{checkpoint.name}"
    assert manifest.runs[0].episodes == 40


def _impatient(run_dir: Path) -> object:
    from matinee.journal.record_copy import held_record

    return held_record(run_dir, patience_s=0.1)


@pytest.mark.parametrize("place", ["data", "data/runs/mine", "data/../data/x"])
def test_not_inside_the_data_directory(tmp_path: Path, place: str) -> None:
    """It would be lost with it, and be copied into the next one."""
    furnish_data_dir(tmp_path / "data")
    with pytest.raises(InvalidInputError, match="is inside the data directory"):
        back_up(tmp_path / "data", tmp_path / place)


def test_not_through_a_link_into_it_either(tmp_path: Path) -> None:
    """Whatever the path looks like."""
    furnish_data_dir(tmp_path / "data")
    (tmp_path / "link").symlink_to(tmp_path / "data")
    with pytest.raises(InvalidInputError, match="is inside the data directory"):
        back_up(tmp_path / "data", tmp_path / "link" / "backup")


def test_what_exists_is_left_as_it_is(tmp_path: Path) -> None:
    """Folder, file or dangling link."""
    furnish_data_dir(tmp_path / "data")
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name in ("folder", "file", "dangling"):
        with pytest.raises(ConflictError, match="exists already, and is left as it is"):
            back_up(tmp_path / "data", tmp_path / name)
    assert (tmp_path / "file").read_text() == "mine"


def test_not_of_anything_else(tmp_path: Path) -> None:
    """A folder that is no data directory, or none at all; and the folder above must exist."""
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InvalidInputError, match="is no data directory of Matinee"):
            back_up(folder, tmp_path / "backup")
    furnish_data_dir(tmp_path / "data")
    with pytest.raises(InvalidInputError, match="is no folder; make it first"):
        back_up(tmp_path / "data", tmp_path / "a" / "b")


def test_a_disk_that_is_too_small_is_told_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With both figures, and nothing is left there."""
    furnish_data_dir(tmp_path / "data")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=5_000_000))
    with pytest.raises(BackupError, match=r"has 5 MB free; the backup needs about \d+ MB"):
        back_up(tmp_path / "data", tmp_path / "backup")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_disk_that_becomes_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is copied: the reason is told, and what was written makes room again."""
    furnish_data_dir(tmp_path / "data")

    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(backup_module, "copy_record", full)
    with pytest.raises(BackupError, match="No space left on device; nothing is left of it"):
        back_up(tmp_path / "data", tmp_path / "backup")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_one_that_was_cut_short_has_no_name_and_is_swept(tmp_path: Path) -> None:
    """Whatever a power cut leaves is not called what was asked for; the next try removes it."""
    furnish_data_dir(tmp_path / "data")
    names: list[list[str]] = []

    def look(_what: str, _done: int, _total: int) -> None:
        names.append(sorted(path.name for path in tmp_path.iterdir()))

    leftover = tmp_path / "backup.partial"
    (leftover / DATA).mkdir(parents=True)
    (leftover / DATA / "old").write_text("old")
    back_up(tmp_path / "data", tmp_path / "backup", look)

    assert names
    assert {tuple(each) for each in names} == {("backup.partial", "backup.partial.lock", "data")}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "data"]
    assert not (tmp_path / "backup" / DATA / "old").exists()


def test_two_at_once_do_not_meet(tmp_path: Path) -> None:
    """The second is refused and takes nothing from the first."""
    furnish_data_dir(tmp_path / "data")
    refused: list[pytest.ExceptionInfo[ConflictError]] = []

    def again(_what: str, _done: int, _total: int) -> None:
        if not refused:
            with pytest.raises(ConflictError, match="another backup is being made") as error:
                back_up(tmp_path / "data", tmp_path / "backup")
            refused.append(error)

    manifest = back_up(tmp_path / "data", tmp_path / "backup", again)
    assert refused
    assert manifest.left_out == []
    assert read_backup(tmp_path / "backup") == manifest


def test_a_run_at_work_is_not_held_up(tmp_path: Path) -> None:
    """Its writer commits while it is copied, and the copy is what was there before."""
    data_dir = tmp_path / "data"
    run_id = furnish_data_dir(data_dir)
    with JournalWriter(data_dir / "runs" / run_id) as writer:

        def go_on(what: str, _done: int, _total: int) -> None:
            if what == run_id:
                writer.append_episodes(episodes([2.0]), updates=1)
                writer.commit()

        manifest = back_up(data_dir, tmp_path / "backup", go_on)

    copy = tmp_path / "backup" / DATA / "runs" / run_id
    with closing(sqlite3.connect(run_db(copy))) as connection:
        assert connection.execute("SELECT count(*) FROM episodes").fetchone() == (40,)
    assert manifest.runs[0].episodes == 40
    assert check_record(copy) == []
