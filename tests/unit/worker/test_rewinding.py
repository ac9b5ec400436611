"""Where a trainer begins, and going back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fakes.hosting import ENDLESS, Hosted, hosted, hosting, lost, start_again
from fakes.records import NOW
from fakes.training import small_spec
from matinee.contracts.commands import (
    CommandState,
    Pause,
    Resume,
    Rewind,
    SaveCheckpoint,
    SetHyperparameters,
    Start,
    Stop,
)
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.progress import Progress
from matinee.contracts.run import Parent, RunSnapshot
from matinee.contracts.run_state import RunState
from matinee.journal.checkpoint_rows import read_checkpoints
from matinee.journal.read_access import reading
from matinee.journal.reader import JournalReader
from matinee.journal.rewinds import read_abandoned
from matinee.journal.writer import JournalWriter
from matinee.runs.folders import RunDetails, RunFolders
from matinee.runs.steering import new_command
from matinee.training.checkpoints import load_checkpoint

ENV = "Probe/Endless-v0"


def saved_by(run: Hosted) -> str:
    """A checkpoint of now."""
    command = run.do(SaveCheckpoint())
    assert command.state is CommandState.APPLIED
    assert command.checkpoint_id is not None
    return command.checkpoint_id


def assert_the_axis_goes_on(run_dir: Path) -> None:
    """No counter ever goes back from flush to flush, nor from an act's episodes to the next's."""
    with reading(run_dir) as connection:
        flushes = connection.execute(
            "SELECT env_step, seconds, updates, episodes FROM flushes ORDER BY seq"
        ).fetchall()
        acts = connection.execute("SELECT until_episode FROM abandoned").fetchall()
        rows = connection.execute("SELECT episode, env_step, seconds, updates FROM episodes")
        episodes = rows.fetchall()
    for column in zip(*flushes, strict=True):
        assert list(column) == sorted(column)
    assert acts
    for (last,) in acts:
        before = [row[1:] for row in episodes if row[0] <= last]
        after = [row[1:] for row in episodes if row[0] > last]
        for ended, begun in zip(zip(*before, strict=True), zip(*after, strict=True), strict=True):
            assert max(ended) <= min(begun)


def test_a_rewind_gives_the_learner_back_and_lets_the_axis_go_on(
    data_dir: Path, runtime_dir: Path
) -> None:
    """Hyperparameters and returns are the checkpoint's, counters are not; all is told."""
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=ENDLESS) as run:
        run.wait_for_steps(100)
        checkpoint_id = saved_by(run)
        run.do(SetHyperparameters(settings={"gamma": 0.5}))
        run.wait_for_steps(run.snapshot.progress.env_steps + 100)

        command = run.do(Rewind(checkpoint_id=checkpoint_id), actor="browser")

        assert (command.state, command.checkpoint_id) == (CommandState.APPLIED, checkpoint_id)
        assert run.snapshot.state is RunState.RUNNING
        (told,) = run.events("run_rewound")
        run.wait_for_steps(told["env_step"] + 40)
        run.do(Stop())
        run.finish()

    entry = next(e for e in read_checkpoints(run.run_dir) if e.id == checkpoint_id)
    left = told["abandoned"]
    assert (told["actor"], told["cause"]) == ("browser", "command")
    assert told["to_env_step"] == left["from_env_step"] == entry.env_step
    assert left["until_env_step"] == told["env_step"] >= entry.env_step + 100
    assert_the_axis_goes_on(run.run_dir)
    with reading(run.run_dir) as connection:
        assert [each.model_dump() for each in read_abandoned(connection)] == [left]
    changed, restored = run.events("hyperparameters_changed")
    assert changed["changes"]["gamma"]["after"] == restored["changes"]["gamma"]["before"] == 0.5
    assert restored["changes"]["gamma"]["after"] == 0.99
    assert (restored["revision"], restored["command_id"]) == (2, command.id)
    assert run.snapshot.hyperparameters["gamma"].setting == 0.99
    assert run.states() == ["queued", "starting", "running", "stopping", "stopped"]
    rows = [row for chunk in JournalReader(run.run_dir).episodes() for row in chunk]
    assert len(rows) == run.snapshot.progress.episodes


def test_a_rewind_can_be_undone(data_dir: Path, runtime_dir: Path) -> None:
    """The state before it is a checkpoint, and going back to that leaves nothing abandoned."""
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=ENDLESS) as run:
        run.wait_for_steps(40)
        first = saved_by(run)
        run.wait_for_steps(run.snapshot.progress.env_steps + 40)
        rewind = run.do(Rewind(checkpoint_id=first))
        before = next(e for e in read_checkpoints(run.run_dir) if e.cause == "rewind")
        assert (before.command_id, before.abandoned) == (rewind.id, True)
        run.wait_for_steps(run.snapshot.progress.env_steps + 40)

        run.do(Rewind(checkpoint_id=before.id))

        undone = next(e for e in read_checkpoints(run.run_dir) if e.id == before.id)
        assert not undone.abandoned
        with reading(run.run_dir) as connection:
            (left,) = read_abandoned(connection)
        assert left.from_env_step == before.env_step


def test_a_paused_run_is_rewound_and_stays_paused(data_dir: Path, runtime_dir: Path) -> None:
    """Nothing is trained before somebody resumes it; then it goes on."""
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=ENDLESS) as run:
        run.wait_for_steps(40)
        checkpoint_id = saved_by(run)
        run.wait_for_steps(run.snapshot.progress.env_steps + 40)
        run.do(Pause())
        stood_at = run.snapshot.progress.env_steps

        assert run.do(Rewind(checkpoint_id=checkpoint_id)).state is CommandState.APPLIED

        mark = len(run.seen)
        run.wait_until(lambda: len(run.seen) > mark + 3)
        assert run.snapshot.state is RunState.PAUSED
        assert run.snapshot.progress.env_steps == stood_at
        run.do(Resume())
        run.wait_for_steps(stood_at)
    assert "paused" in run.states()


def test_a_damaged_checkpoint_is_refused_and_training_goes_on(
    data_dir: Path, runtime_dir: Path
) -> None:
    """It is read before anything is given up for it; so is one that is not there."""
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=ENDLESS) as run:
        run.wait_for_steps(40)
        checkpoint_id = saved_by(run)
        tensors = run.run_dir / "checkpoints" / checkpoint_id / "learner.safetensors"
        tensors.write_bytes(b"oh no")

        damaged = run.do(Rewind(checkpoint_id=checkpoint_id))
        missing = run.do(Rewind(checkpoint_id="0" * 26))

        run.wait_for_steps(run.snapshot.progress.env_steps)
        assert damaged.state is missing.state is CommandState.REJECTED
        assert "not what was written" in (damaged.error or "")
        assert "there is no checkpoint" in (missing.error or "")
        assert run.events("run_rewound") == []


def test_a_stop_wins_over_a_rewind(data_dir: Path, runtime_dir: Path) -> None:
    """Asked for in one breath, the run stops, and the rewind is rejected with the reason."""
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=ENDLESS) as run:
        run.wait_for_steps(40)
        checkpoint_id = saved_by(run)
        run.request(Rewind(checkpoint_id=checkpoint_id))
        run.request(Pause())
        run.request(Stop())
        assert run.finish() is RunState.STOPPED
    *_, rewind, _stop, pause = sorted(
        JournalReader(run.run_dir).commands(after=None, limit=9),
        key=lambda command: (command.finished_at is None, command.finished_at),
    )[-3:]
    assert {type(rewind.action), type(pause.action)} <= {Rewind, Stop, Pause}
    states = {
        command.action.name: command.state
        for command in JournalReader(run.run_dir).commands(after=None, limit=9)
    }
    assert states["rewind"] is states["pause"] is CommandState.REJECTED
    assert states["stop"] is CommandState.APPLIED
    assert run.events("run_rewound") == []


def test_a_lost_process_does_not_take_the_axis_back(data_dir: Path, runtime_dir: Path) -> None:
    """What came after the newest checkpoint stays and is marked; settings are those in use."""
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=ENDLESS) as run:
        run.wait_for_steps(100)
        saved_by(run)
        run.do(SetHyperparameters(settings={"gamma": 0.5}))
        run.wait_for_steps(run.snapshot.progress.env_steps + 100)
        folder = lost(run, data_dir)
    before = JournalReader(folder).snapshot()[0].progress

    with hosting(folder, start_again(folder), runtime_dir=runtime_dir) as again:
        again.wait_for_steps(before.env_steps + 100)
        again.do(Stop())
        again.finish()

    (told,) = again.events("run_rewound")
    assert (told["cause"], told["actor"]) == ("resume", "run process")
    assert told["abandoned"]["until_env_step"] == before.env_steps
    assert again.snapshot.hyperparameters["gamma"].setting == 0.5
    assert_the_axis_goes_on(folder)
    rows = [row for chunk in JournalReader(folder).episodes() for row in chunk]
    assert len(rows) == again.snapshot.progress.episodes


def test_a_process_lost_before_the_first_checkpoint(data_dir: Path, runtime_dir: Path) -> None:
    """The run begins anew on the same axis; everything before is marked."""
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=ENDLESS) as run:
        run.wait_for_steps(100)
        folder = lost(run, data_dir)
    before = JournalReader(folder).snapshot()[0].progress

    with hosting(folder, start_again(folder), runtime_dir=runtime_dir) as again:
        again.wait_for_steps(before.env_steps + 40)
        again.do(Stop())
        again.finish()

    (told,) = again.events("run_rewound")
    assert (told["checkpoint_id"], told["to_env_step"]) == (None, 0)
    assert told["abandoned"]["from_episode"] == 0
    assert_the_axis_goes_on(folder)


def test_an_ended_run_can_start_from_a_checkpoint(data_dir: Path, runtime_dir: Path) -> None:
    """That is a rewind: from there, with its settings, and what came after is marked."""
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=ENDLESS) as run:
        run.wait_for_steps(40)
        checkpoint_id = saved_by(run)
        run.do(SetHyperparameters(settings={"gamma": 0.5}))
        run.wait_for_steps(run.snapshot.progress.env_steps + 40)
        run.do(Stop())
        run.finish()

    start = start_again(run.run_dir, Start(checkpoint_id=checkpoint_id))
    with hosting(run.run_dir, start, runtime_dir=runtime_dir) as again:
        again.wait_for_state(RunState.RUNNING)
        (told,) = again.events("run_rewound")
        assert (told["checkpoint_id"], told["command_id"]) == (checkpoint_id, start)
        assert again.snapshot.hyperparameters["gamma"].setting == 0.99
        command = JournalReader(run.run_dir).command(start)
    assert command is not None
    assert (command.state, command.checkpoint_id) == (CommandState.APPLIED, checkpoint_id)


def test_the_weights_are_those_of_the_checkpoint(data_dir: Path, runtime_dir: Path) -> None:
    """A rewind while paused, and a checkpoint at once: bit for bit the same weights."""
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=ENDLESS) as run:
        run.wait_for_steps(40)
        first = saved_by(run)
        run.wait_for_steps(run.snapshot.progress.env_steps + 40)
        run.do(Pause())
        run.do(Rewind(checkpoint_id=first))
        second = saved_by(run)
        folder = run.run_dir / "checkpoints"
        one, two = load_checkpoint(folder / first), load_checkpoint(folder / second)

    assert (one.weights == two.weights).all()
    assert one.document.recent_returns == two.document.recent_returns
    assert two.document.env_steps > one.document.env_steps


@pytest.mark.parametrize(
    "spec",
    [
        {"algorithm": "a2c"},
        {"algorithm": "ppo"},
        {"algorithm": "ga3c"},
        {"algorithm": "a3c", "lockstep": True, "workers": 2},
        {"algorithm": "a3c", "workers": 2, "processes": 2},
    ],
    ids=lambda spec: "-".join(map(str, spec.values())),
)
def test_every_mode_can_be_rewound(
    data_dir: Path, runtime_dir: Path, *, spec: dict[str, Any]
) -> None:
    """Threads, queues and worker processes end and begin anew, and training goes on."""
    options = {**spec, "budget": {"env_steps": None}}
    with hosted(data_dir, "CartPole-v1", runtime_dir=runtime_dir, spec=options) as run:
        run.wait_for_steps(40)
        checkpoint_id = saved_by(run)
        run.wait_for_steps(run.snapshot.progress.env_steps + 40)

        assert run.do(Rewind(checkpoint_id=checkpoint_id)).state is CommandState.APPLIED

        run.wait_for_steps(run.snapshot.progress.env_steps + 40)
        run.do(Stop())
        assert run.finish() is RunState.STOPPED
    assert_the_axis_goes_on(run.run_dir)


def test_a_fork_without_its_checkpoint_does_not_begin_anew(
    data_dir: Path, runtime_dir: Path
) -> None:
    """Other first weights would pass for those of its parent: it fails, and says why."""
    run_id = new_ulid()
    start = new_command(run_id, Start(), new_ulid(), actor="token")
    parent = Parent(run_id=new_ulid(), checkpoint_id=new_ulid(), env_step=500, episodes=12)

    def furnish(writer: JournalWriter) -> RunSnapshot:
        snapshot = RunSnapshot(state=RunState.CREATED, progress=Progress(env_steps=500))
        writer.set_snapshot(snapshot)
        return snapshot

    folder = RunFolders(data_dir).create(
        run_id,
        spec=small_spec(ENV),
        details=RunDetails(name="x"),
        created_at=NOW,
        start=start,
        parent=parent,
        furnish=furnish,
    )

    with hosting(folder, start.id, runtime_dir=runtime_dir) as run:
        assert run.finish() is RunState.FAILED

    assert "forked from is gone" in (run.snapshot.reason or "")
