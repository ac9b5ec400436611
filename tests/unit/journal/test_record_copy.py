"""A record copied at one moment, while its writer writes and thins out checkpoints."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from contextlib import closing
from io import BytesIO
from pathlib import Path

import psutil
import pytest

from fakes.data_dirs import WEIGHTS, save_checkpoint
from fakes.records import episodes, new_record
from matinee.contracts.checkpoints import (
    MANIFEST_FILE,
    TENSORS_FILE,
)
from matinee.contracts.events import CheckpointsDeleted
from matinee.errors import CheckpointError, JournalError
from matinee.journal import record_copy
from matinee.journal.checkpoint_folders import (
    delete_folder,
    read_verified,
)
from matinee.journal.integrity import check_record
from matinee.journal.record_copy import (
    copy_checkpoint,
    copy_database,
    copy_record,
    copy_stream,
    digest_of,
    held_record,
    size_of_run,
)
from matinee.journal.schema import CHECKPOINTS, run_db


def silent(_more: int) -> None:
    """Nobody listens."""


def test_a_copy_is_one_state_while_the_writer_goes_on(tmp_path: Path) -> None:
    """However much is committed between the steps of the copy, it holds what was there when it
    began, is sound, and does not begin anew each time.
    """
    run_dir, target = tmp_path / "run", tmp_path / "copy"
    target.mkdir()
    steps: list[int] = []
    with new_record(run_dir) as writer:
        writer.append_episodes(episodes([1.0] * 20_000), updates=1)
        writer.commit()
        with held_record(run_dir) as record, pytest.MonkeyPatch.context() as patch:
            patch.setattr(record_copy, "STEP_PAGES", 10)

            def meanwhile(more: int) -> None:
                steps.append(more)
                writer.append_episodes(episodes([2.0] * 10), updates=1)
                writer.commit()

            copied = copy_record(record, target / "run.db", meanwhile)

    assert len(steps) > 10
    assert record.episodes == 20_000
    with closing(sqlite3.connect(target / "run.db")) as connection:
        assert connection.execute("SELECT count(*), max(return) FROM episodes").fetchone() == (
            20_000, 1.0,
        )  # fmt: skip
        last = connection.execute("SELECT max(seq) FROM events").fetchone()
        assert last == (record.last_seq,)
    assert copied.size_bytes == sum(steps)
    assert check_record(target) == []


def test_a_checkpoint_that_is_deleted_meanwhile_is_copied(tmp_path: Path) -> None:
    """What the copied state lists is whole in the copy, also when it was thinned out before its
    turn came.
    """
    run_dir, target = tmp_path / "run", tmp_path / "copy"
    with new_record(run_dir) as writer:
        save_checkpoint(writer, run_dir, "a")
        save_checkpoint(writer, run_dir, "b")
        with held_record(run_dir) as record:
            delete_folder(run_dir / CHECKPOINTS / "a")
            writer.append(CheckpointsDeleted, env_step=2, checkpoint_ids=["a"])
            writer.commit()
            for held in record.checkpoints:
                copy_checkpoint(held, target / held.name, silent)

    assert read_verified(target / "a") == read_verified(target / "b") == WEIGHTS


def test_a_state_with_all_its_checkpoints_is_waited_for(tmp_path: Path) -> None:
    """A folder goes some moments before its row: then the next state is taken."""
    run_dir = tmp_path / "run"
    with new_record(run_dir) as writer:
        save_checkpoint(writer, run_dir, "a")
        save_checkpoint(writer, run_dir, "b")
        delete_folder(run_dir / CHECKPOINTS / "a")

        def catch_up() -> None:
            writer.append(CheckpointsDeleted, env_step=2, checkpoint_ids=["a"])
            writer.commit()

        later = threading.Timer(0.2, catch_up)
        later.start()
        with held_record(run_dir, patience_s=30) as record:
            names = [held.name for held in record.checkpoints]
        later.join()

    assert (names, record.missing) == (["b"], {})


def test_what_stays_missing_is_named(tmp_path: Path) -> None:
    """A checkpoint that is listed and never comes back does not hold the rest up."""
    run_dir = tmp_path / "run"
    with new_record(run_dir) as writer:
        save_checkpoint(writer, run_dir, "a")
        delete_folder(run_dir / CHECKPOINTS / "a")
        with held_record(run_dir, patience_s=0.1) as record:
            assert record.checkpoints == []
    assert "can't be read" in record.missing["a"]


def test_a_changed_checkpoint_is_refused(tmp_path: Path) -> None:
    """Bytes that are not those of the manifest are never passed off as a checkpoint."""
    run_dir = tmp_path / "run"
    with new_record(run_dir) as writer:
        save_checkpoint(writer, run_dir, "a")
    (run_dir / CHECKPOINTS / "a" / TENSORS_FILE).write_bytes(b"other")
    with (
        held_record(run_dir) as record,
        pytest.raises(CheckpointError, match=r"a/learner\.safetensors is not what was written"),
    ):
        copy_checkpoint(record.checkpoints[0], tmp_path / "copy", silent)


def test_no_manifest_leads_elsewhere(tmp_path: Path) -> None:
    """A checkpoint whose manifest names a file elsewhere is missing from a copy: no backup takes
    along what is not of the run.
    """
    run_dir, secret = tmp_path / "run", tmp_path / "secret"
    secret.write_bytes(b"secret")
    with new_record(run_dir) as writer:
        save_checkpoint(writer, run_dir, "a")
    manifest = run_dir / CHECKPOINTS / "a" / MANIFEST_FILE
    manifest.write_text(manifest.read_text().replace(TENSORS_FILE, "../../../secret"))

    with held_record(run_dir, patience_s=0.1) as record:
        assert record.checkpoints == []
    assert "lie elsewhere" in record.missing["a"]


def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    """Whatever was held is let go, also after several tries."""
    run_dir = tmp_path / "run"
    with new_record(run_dir) as writer:
        save_checkpoint(writer, run_dir, "a")
        save_checkpoint(writer, run_dir, "b")
        (run_dir / CHECKPOINTS / "b" / MANIFEST_FILE).unlink()
    # Not before the writer has left: SQLite closes what shares its locks with it.
    before = psutil.Process().num_fds()
    with held_record(run_dir, patience_s=0.2):
        assert psutil.Process().num_fds() > before
    assert psutil.Process().num_fds() == before


def test_a_damaged_record_is_a_journal_error(tmp_path: Path) -> None:
    """What can't be read is said to be so; nothing passes for its copy."""
    run_dir = tmp_path / "run"
    new_record(run_dir).close()
    run_db(run_dir).write_bytes(b"no database at all" * 500)
    with pytest.raises(JournalError), held_record(run_dir):
        pass


def test_a_full_disk_is_an_os_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the record's fault: whoever copies must not go on as if it were."""
    run_dir = tmp_path / "run"
    new_record(run_dir).close()

    def no_space(*_arguments: object, **_options: object) -> sqlite3.Connection:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorname = "SQLITE_FULL"
        raise error

    with held_record(run_dir) as record:
        monkeypatch.setattr(sqlite3, "connect", no_space)
        with pytest.raises(OSError, match="No space left"):
            copy_database(record.connection, tmp_path / "copy.db", silent)


def test_a_growing_file_is_copied_as_far_as_it_was(tmp_path: Path) -> None:
    """A log that somebody writes to ends in the copy where it was when its turn came."""
    heard: list[int] = []
    copied = copy_stream(BytesIO(b"x" * 30), tmp_path / "log", heard.append, at_most_bytes=20)

    assert (tmp_path / "log").read_bytes() == b"x" * 20
    assert copied.sha256 == hashlib.sha256(b"x" * 20).hexdigest()
    assert sum(heard) == copied.size_bytes == 20
    assert digest_of(tmp_path / "log") == copied


def test_the_size_of_a_run(tmp_path: Path) -> None:
    """All files of it count."""
    new_record(tmp_path / "run").close()
    bare = size_of_run(tmp_path / "run")
    (tmp_path / "run" / "films").mkdir()
    (tmp_path / "run" / "films" / "x").write_bytes(b"x" * 1000)
    assert size_of_run(tmp_path / "run") == bare + 1000
