"""One run from `starting` to its end."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.control_peer import ControlPeer
from fakes.hosting import ENDLESS, hosted, hosting, queued_run, start_again
from fakes.probe_environments import HANGING
from fakes.training import small_spec
from matinee.contracts.commands import (
    Abort,
    CommandState,
    Interrupt,
    Pause,
    Resume,
    SetHyperparameters,
    Step,
    Stop,
)
from matinee.contracts.control import CommittedFrame, HeartbeatFrame
from matinee.contracts.run_state import RunState
from matinee.errors import CheckpointError, JournalOwnedError
from matinee.journal.reader import JournalReader
from matinee.journal.writer import JournalWriter
from matinee.training import control as control_module
from matinee.training.checkpoints import load_checkpoint
from matinee.worker import commands as commands_module
from matinee.worker import host as host_module
from matinee.worker.host import RunHost

ENV = "Probe/Endless-v0"


@pytest.fixture
def hang() -> Iterator[dict[str, Any]]:
    """A spec whose environment hangs until the test is over."""
    HANGING.clear()  # a thread of an earlier test may have hung once more at its end
    yield faulty("hang") | {"envs_per_worker": 1}
    for thread in threading.enumerate():
        while thread.name.startswith("actor-learner") and thread.is_alive():
            HANGING.clear()
            thread.join(0.02)


def faulty(fault: str, **kwargs: Any) -> dict[str, Any]:
    """A spec whose environment goes wrong."""
    return {"environment": {"id": "Probe/Faulty-v0", "kwargs": {"fault": fault, **kwargs}}}


def test_a_run_from_start_to_finish(data_dir: Path, runtime_dir: Path) -> None:
    """A run within its budget goes through all states in order and leaves a whole record."""
    with hosted(
        data_dir, ENV, runtime_dir=runtime_dir, spec={"evaluation": {"episodes": 2}}
    ) as run:
        assert run.finish() is RunState.FINISHED
    assert run.states() == ["queued", "starting", "running", "stopping", "finished"]
    events = run.events()
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["type"] == "run_state_changed"
    progress = run.snapshot.progress
    assert progress.env_steps >= 2000
    assert run.snapshot.reason is not None

    (start,) = JournalReader(run.run_dir).commands(after=None, limit=9)
    assert start.state is CommandState.APPLIED
    evaluations = run.events("evaluation_finished")
    assert [each["deterministic"] for each in evaluations] == [True, False]
    metrics = run.events("metrics_summarised")[-1]["metrics"]
    for each, kind in zip(evaluations, ("greedy", "sampled"), strict=True):
        measured = metrics[f"evaluation_return_{kind}"]
        assert (each["final"], len(each["returns"])) == (True, 2)
        assert (measured["mean"], measured["count"]) == (each["mean_return"], 2)
    rows = [row for chunk in JournalReader(run.run_dir).episodes() for row in chunk]
    assert len(rows) == progress.episodes
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    assert not run.socket_path.exists()


@pytest.mark.parametrize("budget", [{"env_steps": 300}, {"seconds": 0.2}])
def test_the_last_evaluation_is_not_slowed_by_the_record(
    data_dir: Path, runtime_dir: Path, budget: dict[str, float]
) -> None:
    """The host looks and commits as it does in training, not after each step of a test episode."""
    spec = {"evaluation": {"episodes": 40}, "budget": budget}
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=spec) as run:
        run.finish()

    steps = sum(sum(each["lengths"]) for each in run.events("evaluation_finished"))
    looks = sum(state is RunState.STOPPING for state, _ in run.seen)
    assert looks < steps / 10


def test_the_end_is_a_checkpoint_that_can_be_loaded(data_dir: Path, runtime_dir: Path) -> None:
    """An orderly end leaves a checkpoint of the very last step, named in the record."""
    with hosted(data_dir, ENV, runtime_dir=runtime_dir) as run:
        run.finish()
    (saved,) = run.events("checkpoint_saved")
    assert saved["cause"] == "end"
    (folder,) = JournalReader(run.run_dir).checkpoints()
    document = load_checkpoint(run.run_dir / "checkpoints" / folder).document
    assert document.env_steps == run.snapshot.progress.env_steps


def test_an_interruption_resumes_where_it_stood(data_dir: Path, runtime_dir: Path) -> None:
    """Interrupted and started again, a run goes on from its checkpoint: steps, episodes, seq."""
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=ENDLESS) as run:
        run.wait_for_steps(40)
        assert run.ask(Interrupt(reason="the server shut down"), actor="server").accepted
        assert run.finish() is RunState.INTERRUPTED
    before = run.snapshot.progress
    assert run.snapshot.reason == "the server shut down"
    assert run.events("evaluation_finished") == []

    command_id = start_again(run.run_dir)
    with hosting(run.run_dir, command_id, runtime_dir=runtime_dir) as again:
        again.wait_for_state(RunState.RUNNING)
        assert again.snapshot.progress.env_steps >= before.env_steps
        again.wait_for_steps(before.env_steps + 40)
        again.ask(Stop())
        assert again.finish() is RunState.STOPPED
    after = again.snapshot.progress
    assert after.episodes > before.episodes
    assert after.seconds > before.seconds
    events = again.events()
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    rows = [row for chunk in JournalReader(run.run_dir).episodes() for row in chunk]
    assert len(rows) == after.episodes


def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    data_dir: Path, runtime_dir: Path
) -> None:
    """A resumed run takes the newest checkpoint that is whole, and says which was not."""
    with hosted(
        data_dir,
        ENV,
        runtime_dir=runtime_dir,
        spec=ENDLESS | {"checkpoint": {"every_seconds": 1}},
    ) as run:
        run.wait_until(lambda: run.events("checkpoint_saved"))
        run.ask(Interrupt(reason="x"))
        run.finish()
    newest, *_ = JournalReader(run.run_dir).checkpoints()
    (run.run_dir / "checkpoints" / newest / "learner.safetensors").write_bytes(b"oh no")

    with hosting(run.run_dir, start_again(run.run_dir), runtime_dir=runtime_dir) as again:
        again.wait_for_state(RunState.RUNNING)
        again.ask(Abort())
        again.finish()
    (warning,) = again.events("log_written")
    assert newest in warning["message"]


def test_what_the_network_does_not_see_is_told(data_dir: Path, runtime_dir: Path) -> None:
    """A text within the observation is left out, and the record says so."""
    with hosted(data_dir, "Probe/Spoken-v0", runtime_dir=runtime_dir) as run:
        assert run.finish() is RunState.FINISHED
    (warning,) = run.events("log_written")
    assert warning["level"] == "warning"
    assert "does not see observations['talk'] (Text)" in warning["message"]


def test_no_whole_checkpoint_is_a_failure(data_dir: Path, runtime_dir: Path) -> None:
    """If every checkpoint is damaged the run fails with the reason, instead of beginning anew."""
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=ENDLESS) as run:
        run.wait_for_steps(0)
        run.ask(Interrupt(reason="x"))
        run.finish()
    for part in (run.run_dir / "checkpoints").rglob("*.safetensors"):
        part.write_bytes(b"oh no")

    with hosting(run.run_dir, start_again(run.run_dir), runtime_dir=runtime_dir) as again:
        assert again.finish() is RunState.FAILED
    assert again.snapshot.reason is not None
    assert "not what was written" in again.snapshot.reason


def test_a_failing_environment_names_its_traceback(data_dir: Path, runtime_dir: Path) -> None:
    """An exception in the middle ends the run as failed, with its traceback; all rows are kept."""
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=faulty("raise", after=200)) as run:
        assert run.finish() is RunState.FAILED
    reason = run.snapshot.reason
    assert reason is not None
    assert "RuntimeError: the simulator broke" in reason.splitlines()[0]
    assert "Traceback (most recent call last)" in reason
    assert run.snapshot.progress.episodes > 0
    assert JournalReader(run.run_dir).open_commands() == []
    statuses = [event["status"] for event in run.events("worker_status_changed")]
    assert statuses == ["running", "failed"]


def test_a_failing_worker_is_an_alert(data_dir: Path, runtime_dir: Path) -> None:
    """Raised before the run ends as failed, in the words of the exception, and it stays raised."""
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=faulty("raise", after=200)) as run:
        assert run.finish() is RunState.FAILED
    (alert,) = [event for event in run.events("alert_raised") if event["alert"] == "worker_died"]

    assert alert["severity"] == "critical"
    assert "RuntimeError: the simulator broke" in alert["message"]
    assert "\n" not in alert["message"]
    assert "another seed" in alert["hint"]
    assert alert["seq"] < run.events("run_state_changed")[-1]["seq"]
    assert [raised.name for raised in run.snapshot.alerts] == ["worker_died"]


def test_a_run_in_two_processes_goes_on_where_it_was(data_dir: Path, runtime_dir: Path) -> None:
    """Its processes are in the record with the time they took, and its counters are both's."""
    spec = {"workers": 2, "processes": 2, **ENDLESS}
    with hosted(data_dir, "CartPole-v1", runtime_dir=runtime_dir, spec=spec) as run:
        run.wait_until(lambda: run.events("worker_process_changed"))
        run.ask(Interrupt(reason="x"))
        run.finish()
    before = run.snapshot.progress
    assert [event["status"] for event in run.events("worker_process_changed")] == [
        "running",
        "finished",
    ]
    assert run.events("worker_process_changed")[0]["start_s"] > 0.0

    with hosting(run.run_dir, start_again(run.run_dir), runtime_dir=runtime_dir) as again:
        again.wait_until(lambda: len(again.events("worker_process_changed")) == 3)
        again.wait_for_steps(before.env_steps)
        again.ask(Stop())
        assert again.finish() is RunState.STOPPED
    assert again.snapshot.progress.updates > before.updates


def test_an_environment_that_cannot_be_built_fails_the_run(
    data_dir: Path, runtime_dir: Path
) -> None:
    """Wrong arguments fail the run with the reason; the command that started it is rejected."""
    spec = {"environment": {"id": "Probe/Corridor-v0", "kwargs": {"breadth": 3}}}
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=spec) as run:
        assert run.finish() is RunState.FAILED
    assert run.states() == ["queued", "starting", "failed"]
    assert run.snapshot.reason is not None
    assert "can't be built" in run.snapshot.reason
    (start,) = JournalReader(run.run_dir).commands(after=None, limit=9)
    assert start.state is CommandState.REJECTED
    assert start.error is not None
    assert start.error.startswith("the run failed: ")


def test_rewards_that_are_no_numbers_fail_the_run(data_dir: Path, runtime_dir: Path) -> None:
    """NaN from the environment ends the run with that reason, and the record stays readable."""
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=faulty("nan_reward")) as run:
        assert run.finish() is RunState.FAILED
    assert run.snapshot.reason is not None
    assert "NaN" in run.snapshot.reason
    events = run.events()
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))


def test_an_abort_leaves_at_once(data_dir: Path, runtime_dir: Path) -> None:
    """Aborted, a run ends without checkpoint and evaluation, and says who asked."""
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=ENDLESS) as run:
        run.wait_for_steps(0)
        run.ask(Abort(), actor="browser")
        assert run.finish() is RunState.ABORTED
    assert run.events("checkpoint_saved", "evaluation_finished") == []
    assert JournalReader(run.run_dir).commands(after=None, limit=9)[-1].actor == "browser"


def test_an_abort_does_not_wait_for_a_hanging_environment(
    data_dir: Path, runtime_dir: Path, hang: dict[str, Any]
) -> None:
    """A thread that hangs in an environment cannot hold an abort up."""
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=hang) as run:
        run.wait_until(lambda: HANGING)
        run.ask(Abort())
        assert run.finish() is RunState.ABORTED


def test_a_step_does_not_wait_for_a_hanging_environment(
    data_dir: Path, runtime_dir: Path, hang: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is rejected in bounded time, and says who does not answer."""
    monkeypatch.setattr(commands_module, "GATE_PATIENCE_S", 0.2)
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=hang) as run:
        run.wait_until(lambda: HANGING)
        command_id = run.ask(Step(updates=1)).command_id
        reader = JournalReader(run.run_dir)
        run.wait_until(lambda: (c := reader.command(command_id)) and c.error)
        command = reader.command(command_id)
    assert command is not None
    assert command.state is CommandState.REJECTED
    assert "actor-learner-0 does not answer" in (command.error or "")


def test_a_stop_that_hangs_fails_with_the_place(
    data_dir: Path, runtime_dir: Path, hang: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a worker does not come back after a stop, the run fails and shows where it hangs."""
    monkeypatch.setattr(host_module, "STOP_TIMEOUT_S", 0.3)
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=hang) as run:
        run.wait_until(lambda: HANGING)
        run.ask(Stop())
        assert run.finish() is RunState.FAILED
    assert run.snapshot.reason is not None
    assert "did not stop in time" in run.snapshot.reason
    assert "probe_environments.py" in run.snapshot.reason


@pytest.mark.parametrize(
    ("fault", "budget"), [("hang_alone", {"env_steps": 400}), ("hang", {"seconds": 0.3})]
)
def test_a_hanging_worker_does_not_outlive_the_budget(
    data_dir: Path,
    runtime_dir: Path,
    hang: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    *,
    fault: str,
    budget: dict[str, Any],
) -> None:
    """When the budget ends and a worker hangs, or all do, the run fails by itself and shows it."""
    monkeypatch.setattr(host_module, "STOP_TIMEOUT_S", 0.3)
    monkeypatch.setattr(control_module, "STANDSTILL_S", 0.3)
    spec = hang | faulty(fault) | {"workers": 2, "budget": {"env_steps": None} | budget}
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=spec) as run:
        assert run.finish() is RunState.FAILED
    assert run.snapshot.reason is not None
    assert "did not stop in time" in run.snapshot.reason
    assert "probe_environments.py" in run.snapshot.reason


def test_a_hanging_worker_does_not_hide_the_failure_of_another(
    data_dir: Path, runtime_dir: Path, hang: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When one worker fails while another hangs, the run ends with the failure as its reason."""
    monkeypatch.setattr(host_module, "STOP_TIMEOUT_S", 0.3)
    spec = hang | faulty("raise_beside_hang") | {"workers": 2}
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=spec) as run:
        assert run.finish() is RunState.FAILED
    assert run.snapshot.reason is not None
    assert "the simulator broke" in run.snapshot.reason


def test_commits_and_heartbeats_are_told(
    data_dir: Path, runtime_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever listens hears of every commit in order, and each second that the run is alive."""
    monkeypatch.setattr(host_module, "HEARTBEAT_INTERVAL_S", 0.2)
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=ENDLESS) as run:
        run.wait_for_steps(0)
        with ControlPeer(run.socket_path) as peer:
            first = peer.read_until(CommittedFrame).seq
            beat = peer.read_until(HeartbeatFrame)
            second = peer.read_until(CommittedFrame).seq
            later = peer.read_until(HeartbeatFrame)
        assert second > first
        assert later.monotonic_s - beat.monotonic_s >= host_module.HEARTBEAT_INTERVAL_S
        assert later.env_steps > beat.env_steps
        assert beat.work is not None
        assert later.work is not None
        assert later.work > beat.work
        assert (later.phase, later.trouble) == ("standing", None), "it is slowed down"


def test_requests_before_training_are_not_lost(data_dir: Path, runtime_dir: Path) -> None:
    """What is asked while the trainer is still being built is done once it is."""
    run_dir, command_id = queued_run(data_dir, small_spec(ENV, **ENDLESS))
    with hosting(run_dir, command_id, runtime_dir=runtime_dir) as run:
        run.request(Pause())
        run.wait_for_state(RunState.PAUSED)


def test_an_orphan_leaves_with_a_checkpoint(data_dir: Path, runtime_dir: Path) -> None:
    """A run that nobody attends to for the grace period checkpoints and ends as interrupted."""
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=ENDLESS, orphan_grace_s=0.5) as run:
        assert run.finish() is RunState.INTERRUPTED
    assert run.snapshot.reason == "no server for 0.5 s"
    assert len(run.events("checkpoint_saved")) == 1


def test_company_keeps_a_run_going(
    data_dir: Path, runtime_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While somebody is connected the grace period does not begin."""
    monkeypatch.setattr(host_module, "HEARTBEAT_INTERVAL_S", 0.4)
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=ENDLESS, orphan_grace_s=0.5) as run:
        run.wait_until(run.socket_path.exists)
        with ControlPeer(run.socket_path) as peer:
            for _ in range(2):
                peer.read_until(HeartbeatFrame)
            assert run.snapshot.state is RunState.RUNNING
        assert run.finish() is RunState.INTERRUPTED


def test_two_hosts_never_share_a_run(
    data_dir: Path, runtime_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second host is refused while the first one hosts, and does no harm."""
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=ENDLESS) as run:
        run.wait_for_steps(0)
        monkeypatch.setattr("matinee.journal.writer.OWNERSHIP_WAIT_S", 0.0)
        second = RunHost(
            run.run_dir, run_id=run.run_dir.name, socket_path=runtime_dir / "second.sock"
        )
        with pytest.raises(JournalOwnedError):
            second.run()
        assert run.ask(Stop()).accepted
        assert run.finish() is RunState.STOPPED


def test_a_full_disk_pauses_training_until_there_is_space(
    data_dir: Path, runtime_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While commits fail training stands; with space again it goes on and nothing is missing."""
    monkeypatch.setattr(host_module, "DISK_FAILURE_PAUSE_S", 0.2)
    full = threading.Event()
    fine = JournalWriter.commit

    def commit(writer: JournalWriter) -> int:
        if full.is_set():
            raise sqlite3.OperationalError("database or disk is full")
        return fine(writer)

    monkeypatch.setattr(JournalWriter, "commit", commit)
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=ENDLESS) as run:
        run.wait_for_steps(0)
        full.set()
        mark = len(run.seen)
        run.wait_until(
            lambda: (
                len({progress.env_steps for _, progress in run.seen[mark:][-5:]}) == 1
                and len(run.seen) > mark + 8
            )
        )
        stood_at = run.seen[-1][1].env_steps
        full.clear()
        run.wait_for_steps(stood_at)
        assert run.snapshot.state is RunState.RUNNING
        run.ask(Stop())
        assert run.finish() is RunState.STOPPED
    events = run.events()
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert any("nothing is lost" in event["message"] for event in run.events("log_written"))


def test_a_checkpoint_that_fails_is_told_and_training_goes_on(
    data_dir: Path, runtime_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkpoint that cannot be written is an event, not the end."""

    def refuse(*_: object, **__: object) -> None:
        raise CheckpointError("no space left on device")

    monkeypatch.setattr("matinee.training.trainer.save_checkpoint", refuse)
    with hosted(
        data_dir,
        ENV,
        runtime_dir=runtime_dir,
        spec=ENDLESS | {"checkpoint": {"every_seconds": 1}},
    ) as run:
        run.wait_until(lambda: run.events("log_written"))
        with ControlPeer(run.socket_path) as peer:
            trouble = peer.read_until(HeartbeatFrame).trouble
        assert trouble == "a checkpoint could not be written: no space left on device"
        run.wait_for_steps(run.snapshot.progress.env_steps)
        run.ask(Stop())
        assert run.finish() is RunState.STOPPED
    assert "no space left on device" in run.events("log_written")[0]["message"]
    assert run.events("checkpoint_saved") == []


def test_an_interruption_wins_over_the_last_evaluation(data_dir: Path, runtime_dir: Path) -> None:
    """While test episodes are played at the end, an abort is still heard."""
    spec = {
        "environment": {"id": "Probe/Endless-v0", "kwargs": {"max_episode_steps": 1_000_000}},
        "evaluation": {"episodes": 1000},
    }
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=spec) as run:
        run.wait_for_state(RunState.STOPPING)
        run.wait_until(lambda: run.events("checkpoint_saved"))
        assert run.ask(Abort()).accepted
        assert run.finish() is RunState.ABORTED


def test_a_refused_setting_does_not_end_the_run(data_dir: Path, runtime_dir: Path) -> None:
    """A rollout length that the trainer has no memory for is rejected, and training goes on."""
    spec = ENDLESS | {"envs_per_worker": 4096, "budget": {"env_steps": None}}
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=spec) as run:
        run.wait_for_state(RunState.RUNNING)
        ack = run.ask(SetHyperparameters(settings={"rollout_length": 2048}))
        assert not ack.accepted
        assert ack.reason is not None
        assert "8,388,608 samples a rollout; allowed: up to" in ack.reason
        assert run.ask(Resume()).accepted
        run.ask(Abort())
        assert run.finish() is RunState.ABORTED
