"""When checkpoints are written, and which ones are kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.records import new_record
from fakes.training import Rig, small_spec
from matinee.contracts.run_parts import CheckpointSpec
from matinee.contracts.run_state import RunState
from matinee.errors import CheckpointError
from matinee.journal.checkpoint_rows import read_checkpoints
from matinee.journal.reader import JournalReader
from matinee.training.trainer import Trainer
from matinee.worker.checkpoint_keeper import CheckpointKeeper
from matinee.worker.record import RunRecord


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    """One that has trained a little."""
    rig = Rig(small_spec("CartPole-v1", budget={"env_steps": 200}))
    rig.run()
    return rig.trainer


@pytest.fixture
def record(tmp_path: Path) -> Iterator[RunRecord]:
    """Of a run that trains."""
    with new_record(tmp_path) as writer:
        writer.commit()
        record = RunRecord(writer, JournalReader(tmp_path).snapshot()[0], run_id="run")
        for state in (RunState.QUEUED, RunState.STARTING, RunState.RUNNING):
            record.change_state(state)
        yield record


def keeper_of(record: RunRecord, **plan: object) -> CheckpointKeeper:
    """Kept by this plan."""
    return CheckpointKeeper(record, CheckpointSpec.model_validate(plan))


def listed(record: RunRecord) -> list[str]:
    """What the record says is there, oldest first; it is what lies on the disk."""
    record.writer.commit()
    ids = [entry.id for entry in read_checkpoints(record.writer.run_dir)][::-1]
    folder = record.writer.run_dir / "checkpoints"
    assert sorted(ids) == sorted(path.name for path in folder.iterdir())
    return ids


def test_pinned_ones_outlive_the_newest(record: RunRecord, trainer: Trainer) -> None:
    """The plan counts the others; unpinned, it goes with the next."""
    keeper = keeper_of(record, keep_last=2, keep_best=False)
    pinned = keeper.save(trainer, cause="command", pinned=True)
    assert pinned is not None
    later = [keeper.save(trainer, cause="schedule") for _ in range(4)]

    assert listed(record) == [pinned, *later[-2:]]

    assert keeper.pin(pinned, pinned=False, actor="token", command_id="c") is None
    newest = keeper.save(trainer, cause="schedule")
    assert listed(record) == [later[-1], newest]
    assert "there is no checkpoint" in (
        keeper.pin(pinned, pinned=True, actor="token", command_id="c") or ""
    )


def test_what_is_needed_yet_is_not_pruned(record: RunRecord, trainer: Trainer) -> None:
    """A rewind to the oldest one saves one first; that does not take its destination away."""
    keeper = keeper_of(record, keep_last=1, keep_changes=1, keep_best=False)
    old = keeper.save(trainer, cause="schedule")
    assert old is not None
    newer = keeper.save(trainer, cause="schedule", protected=[old])

    assert listed(record) == [old, newer]


def test_the_same_state_is_not_saved_twice_as_a_precaution(
    record: RunRecord, trainer: Trainer
) -> None:
    """Ten changes of a paused run need one checkpoint; one that a person asks for is made."""
    keeper = keeper_of(record)
    first = keeper.save(trainer, cause="pause")

    assert keeper.save(trainer, cause="change") == first
    assert keeper.save(trainer, cause="rewind") == first
    assert keeper.save(trainer, cause="command") != first


def test_one_that_fails_is_told(
    record: RunRecord, trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Training goes on, and nothing is listed that is not there."""

    def refuse(*_: object, **__: object) -> None:
        raise CheckpointError("no space left on device")

    monkeypatch.setattr("matinee.training.trainer.save_checkpoint", refuse)
    assert keeper_of(record).save(trainer, cause="schedule") is None

    record.writer.commit()
    *_, told = JournalReader(record.writer.run_dir).events(after=0, limit=99).events
    assert b"no space left on device" in told
    assert read_checkpoints(record.writer.run_dir) == []


def test_by_time_only_while_it_trains(record: RunRecord, trainer: Trainer) -> None:
    """Nothing is due before its time, and a run that stands has nothing new."""
    keeper = keeper_of(record, every_seconds=3600)
    assert not keeper.save_if_due(trainer)
    keeper.plan_next()
    assert not keeper.save_if_due(trainer)
    keeper._next_s = 0.0
    assert keeper.save_if_due(trainer)
    keeper._next_s = 0.0
    record.change_state(RunState.PAUSED)
    assert not keeper.save_if_due(trainer)
    assert len(listed(record)) == 1


def test_a_crash_leaves_no_orphans(record: RunRecord, trainer: Trainer) -> None:
    """A folder without a row gets one, a row without a folder goes, half-written ones too."""
    keeper = keeper_of(record)
    first, second = (keeper.save(trainer, cause="schedule") for _ in range(2))
    assert first is not None
    assert second is not None
    record.writer.commit()
    folder = record.writer.run_dir / "checkpoints"
    orphan = "01JZZZZZZZZZZZZZZZZZZZZZZZ"
    (folder / first).rename(folder / orphan)
    shutil.copytree(folder / second, folder / "x.tmp")

    again = keeper_of(record)
    again.take_stock()

    assert listed(record) == [second, orphan]
    found = again.find(orphan)
    assert found is not None
    assert found.env_step == trainer.progress().env_steps
    assert again.newest_whole() is not None


def test_the_newest_whole_one_is_found(record: RunRecord, trainer: Trainer) -> None:
    """Past those that are damaged, which is told; if all are, that is an error."""
    keeper = keeper_of(record)
    assert keeper.newest_whole() is None
    good, bad = (keeper.save(trainer, cause="schedule") for _ in range(2))
    assert good is not None
    assert bad is not None
    folder = record.writer.run_dir / "checkpoints"
    (folder / bad / "state.json").write_bytes(b"{}")

    found = keeper.newest_whole()

    assert found is not None
    assert found[0].id == good
    (folder / good / "state.json").write_bytes(b"{}")
    with pytest.raises(CheckpointError, match="not what was written"):
        keeper.newest_whole()
    with pytest.raises(CheckpointError, match="there is no checkpoint"):
        keeper.load("nonsense")


def test_an_abandoned_one_is_not_where_the_run_goes_on(record: RunRecord, trainer: Trainer) -> None:
    """After a rewind and a crash the run's course goes on from where it had gone back to."""
    keeper = keeper_of(record)
    course = keeper.save(trainer, cause="command")
    record.append_episodes(trainer.drain().episodes, updates=1)
    record.writer.append_metrics({}, trainer.progress())
    left = keeper.save(trainer, cause="command")
    stretch = record.writer.stretch_after(course)
    assert stretch is not None
    record.writer.abandon(stretch, seq=record.writer.committed_seq + 1, checkpoint_id=course)
    record.change_state(RunState.PAUSED)
    record.writer.commit()

    again = keeper_of(record)
    again.take_stock()
    found = again.newest_whole()

    assert found is not None
    assert found[0].id == course
    assert again.find(left or "") is not None
