"""The list of checkpoints in a record."""

from __future__ import annotations

from pathlib import Path

from fakes.old_records import OLD_CHECKPOINT, old_record
from fakes.records import new_record, progress
from matinee.contracts.checkpoints import CheckpointCause
from matinee.contracts.events import (
    CheckpointPinned,
    CheckpointSaved,
    CheckpointsDeleted,
    LogWritten,
)
from matinee.journal.checkpoint_rows import read_checkpoints
from matinee.journal.writer import JournalWriter


def save(
    writer: JournalWriter, name: str, *, cause: CheckpointCause = "schedule", mean: float = 0.0
) -> int:
    """One checkpoint at env step 30."""
    return writer.append(
        CheckpointSaved,
        env_step=30,
        checkpoint_id=name,
        cause=cause,
        size_bytes=9,
        command_id="c",
        episodes=3,
        seconds=0.5,
        mean_return_100=mean,
        full_window=True,
    )


def test_the_list_tells_what_the_events_told(tmp_path: Path) -> None:
    """Newest first, with all that a page shows of each; the best is marked."""
    with new_record(tmp_path) as writer:
        seq = save(writer, "a", cause="change", mean=9.0)
        save(writer, "b", mean=3.0)
        writer.append(
            CheckpointPinned, env_step=30, checkpoint_id="a", pinned=True, actor="browser"
        )

    newer, older = read_checkpoints(tmp_path)
    assert (newer.id, newer.pinned, newer.is_best) == ("b", False, False)
    assert (older.id, older.pinned, older.is_best) == ("a", True, True)
    assert (older.seq, older.cause, older.size_bytes, older.command_id) == (seq, "change", 9, "c")
    assert (older.env_step, older.episodes, older.seconds) == (30, 3, 0.5)
    assert (older.mean_return_100, older.full_window) == (9.0, True)


def test_saved_and_deleted_in_one_commit(tmp_path: Path) -> None:
    """Events of one commit count in their order."""
    with new_record(tmp_path) as writer:
        save(writer, "a")
        writer.append(CheckpointsDeleted, env_step=30, checkpoint_ids=["a"])
        save(writer, "b")

    assert [entry.id for entry in read_checkpoints(tmp_path)] == ["b"]


def test_what_a_run_went_back_behind_is_marked(tmp_path: Path) -> None:
    """A checkpoint within an abandoned stretch; the one that the run went back to is not."""
    with new_record(tmp_path) as writer:
        save(writer, "a", mean=1.0)
        writer.append_metrics({}, progress(50))
        save(writer, "b", mean=2.0)
        stretch = writer.stretch_after("a")
        assert stretch is not None
        seq = writer.append(LogWritten, env_step=50, level="info", message="back")
        writer.abandon(stretch, seq=seq, checkpoint_id="a")

    newer, older = read_checkpoints(tmp_path)
    assert (newer.id, newer.abandoned, newer.is_best) == ("b", True, False)
    assert (older.id, older.abandoned, older.is_best) == ("a", False, True)


def test_a_rewind_that_is_undone_leaves_nothing_abandoned(tmp_path: Path) -> None:
    """Back to "a", and from there to "b", which was saved before that: all of it counts again."""
    with new_record(tmp_path) as writer:
        save(writer, "a")
        writer.append_metrics({}, progress(50))
        save(writer, "b")
        for name in ("a", "b"):
            stretch = writer.stretch_after(name)
            assert stretch is not None
            seq = writer.append(LogWritten, env_step=50, level="info", message=name)
            writer.abandon(stretch, seq=seq, checkpoint_id=name)

    assert [entry.abandoned for entry in read_checkpoints(tmp_path)] == [False, False]


def test_an_old_record_has_a_list_too(tmp_path: Path) -> None:
    """A server reads it before its run has ever been brought forward."""
    old_record(tmp_path, 2)

    (entry,) = read_checkpoints(tmp_path)
    assert (entry.id, entry.cause, entry.pinned) == (OLD_CHECKPOINT, "schedule", False)
    assert entry.mean_return_100 is None
