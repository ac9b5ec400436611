"""From asked to applied."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from fakes.records import new_record
from fakes.training import small_spec
from matinee.contracts import combinations
from matinee.contracts.alerts import ThresholdChange
from matinee.contracts.commands import (
    Abort,
    Action,
    Command,
    CommandState,
    Interrupt,
    Pause,
    Resume,
    SetAlertThresholds,
    SetHyperparameters,
    Start,
    Step,
    Stop,
)
from matinee.contracts.control import AckFrame
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.run_parts import CheckpointSpec
from matinee.contracts.run_state import RunState
from matinee.journal.reader import JournalReader
from matinee.training.heartbeats import Heartbeat
from matinee.training.outcome import StopCause
from matinee.training.trainer import Trainer
from matinee.worker.checkpoint_keeper import CheckpointKeeper
from matinee.worker.commands import CommandDesk, Request
from matinee.worker.record import RunRecord

PATIENCE_S = 60.0


class Desk:
    """A desk over a real trainer and a real record; the test turns the crank."""

    def __init__(self, record: RunRecord, trainer: Trainer) -> None:
        self.record = record
        self.trainer = trainer
        self.inbox: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self.desk = CommandDesk(
            record, trainer, self.inbox, CheckpointKeeper(record, CheckpointSpec())
        )
        self.acks: list[AckFrame] = []

    def put(self, action: Action) -> str:
        """Ask; nothing happens before the next turn."""
        command_id = new_ulid()
        self.inbox.put(Request(command_id, "token", action, self.acks.append))
        return command_id

    def turn(self) -> None:
        """What the host does ten times a second."""
        self.record.set_progress(self.trainer.progress())
        self.desk.note_applied()
        self.desk.take_requests()
        self.desk.note_applied()
        assert self.record.commit(lambda _seq: None)
        self.desk.send_acks()

    def turn_until(self, condition: Callable[[], object]) -> None:
        """Turn until something is so."""
        deadline_s = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline_s, f"it never became so: {self.events()[-5:]}"
            self.turn()
            time.sleep(0.002)

    def row(self, command_id: str) -> Command:
        """A row of the ledger."""
        command = JournalReader(self.record.writer.run_dir).command(command_id)
        assert command is not None
        return command

    def do(self, action: Action) -> Command:
        """Ask and turn until it is applied or rejected."""
        command_id = self.put(action)
        self.turn()
        self.turn_until(
            lambda: self.row(command_id).state in (CommandState.APPLIED, CommandState.REJECTED)
        )
        return self.row(command_id)

    def events(self, *types: str) -> list[dict[str, Any]]:
        """Events so far."""
        page = JournalReader(self.record.writer.run_dir).events(after=0, limit=1000)
        events = [orjson.loads(event) for event in page.events]
        return [event for event in events if not types or event["type"] in types]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A run that is running, slowly and without end."""
    spec = small_spec(
        "Probe/Endless-v0",
        budget={"env_steps": None},
        hyperparameters={"rollout_length": 4, "target_steps_per_second": 800.0},
    )
    trainer = Trainer(spec, on_wake=lambda: None)
    with new_record(tmp_path, run_id="run") as writer:
        writer.commit()
        record = RunRecord(writer, JournalReader(tmp_path).snapshot()[0], run_id="run")
        for state in (RunState.QUEUED, RunState.STARTING, RunState.RUNNING):
            record.change_state(state)
        trainer.start()
        yield Desk(record, trainer)
        trainer.control.stop(StopCause.ABORTED, "the test is over")
        trainer.join(PATIENCE_S)


def env_steps(desk: Desk) -> int:
    """How far it is."""
    return desk.trainer.progress().env_steps


def test_a_pause_is_applied_once_everything_stands(desk: Desk) -> None:
    """A pause ends as applied at an env step beyond which nothing happens."""
    pause = desk.do(Pause())
    assert pause.state is CommandState.APPLIED
    assert desk.record.state is RunState.PAUSED
    stands_at = env_steps(desk)
    assert pause.applied_at_env_step == stands_at
    for _ in range(20):
        desk.turn()
        time.sleep(0.005)
    assert env_steps(desk) == stands_at
    assert desk.do(Pause()).state is CommandState.APPLIED


def test_a_resume_goes_on(desk: Desk) -> None:
    """After a resume env steps go on, and the state says so."""
    desk.do(Pause())
    stood_at = env_steps(desk)
    assert desk.do(Resume()).state is CommandState.APPLIED
    assert desk.record.state is RunState.RUNNING
    desk.turn_until(lambda: env_steps(desk) > stood_at)
    assert desk.do(Resume()).state is CommandState.APPLIED


@pytest.mark.parametrize(
    ("step", "steps"), [(Step(env_steps=32), 32), (Step(updates=2), 2 * 4 * 4)]
)
def test_a_step_goes_exactly_so_far(desk: Desk, step: Step, steps: int) -> None:
    """A step of whole rollouts runs them and nothing more, then stands again."""
    desk.do(Pause())
    before = env_steps(desk)
    applied = desk.do(step)

    assert applied.state is CommandState.APPLIED
    assert env_steps(desk) == before + steps
    assert desk.record.state is RunState.PAUSED
    states = [event["state"] for event in desk.events("run_state_changed")]
    assert states[-3:] == ["paused", "running", "paused"]


def test_the_newest_wish_about_the_gate_wins(desk: Desk) -> None:
    """A pause that a resume overtakes is rejected as superseded, not left open."""
    desk.do(Pause())
    step = desk.put(Step(env_steps=1_000_000))
    desk.turn()
    pause = desk.put(Pause())
    resume = desk.put(Resume())
    desk.turn()

    assert [desk.row(each).state for each in (step, pause, resume)] == [
        CommandState.REJECTED,
        CommandState.REJECTED,
        CommandState.APPLIED,
    ]
    assert desk.row(step).error == "superseded by a newer command"


def test_a_change_is_applied_with_before_and_after(desk: Desk) -> None:
    """A change tells at which env step it came into use, what was before, and its revision."""
    change = desk.do(SetHyperparameters(settings={"learning_rate": 0.002, "gamma": 0.9}))
    assert change.state is CommandState.APPLIED
    assert change.applied_at_env_step is not None
    assert change.revision == 1
    assert change.changes["learning_rate"].after == 0.002
    assert change.changes["learning_rate"].before != 0.002

    changed, applied = desk.events("hyperparameters_changed", "command_applied")
    assert (changed["type"], applied["type"]) == ("hyperparameters_changed", "command_applied")
    assert changed["command_id"] == applied["command_id"] == change.id
    assert changed["env_step"] == applied["env_step"] == change.applied_at_env_step
    assert changed["revision"] == applied["revision"] == 1


def test_a_change_is_applied_while_everything_stands(desk: Desk) -> None:
    """During a pause a change takes effect at once: the next rollout uses it."""
    desk.do(Pause())
    change = desk.do(SetHyperparameters(settings={"learning_rate": 0.002}))
    assert change.state is CommandState.APPLIED
    assert change.applied_at_env_step == env_steps(desk)


def test_many_changes_are_applied_in_their_order(desk: Desk) -> None:
    """A slider that is dragged: every change is applied, in order, and the last one stays."""
    ids = [desk.put(SetHyperparameters(settings={"learning_rate": 0.001 * n})) for n in range(1, 9)]
    desk.turn()
    desk.turn_until(lambda: desk.row(ids[-1]).state is CommandState.APPLIED)

    assert [desk.row(each).revision for each in ids] == list(range(1, 9))
    assert desk.trainer.board.snapshot().applied["learning_rate"].setting == 0.008
    afters = [
        event["changes"]["learning_rate"]["after"]
        for event in desk.events("hyperparameters_changed")
    ]
    assert afters == [0.001 * n for n in range(1, 9)]


def test_a_change_of_something_newer_is_refused(desk: Desk) -> None:
    """A change based on an older revision is rejected, also if the newer one is on its way."""
    desk.put(SetHyperparameters(settings={"learning_rate": 0.002}))
    stale = desk.put(SetHyperparameters(settings={"learning_rate": 0.003}, expected_revision=0))
    fresh = desk.put(SetHyperparameters(settings={"learning_rate": 0.004}, expected_revision=1))
    desk.turn()

    assert desk.row(stale).state is CommandState.REJECTED
    assert "somebody changed them meanwhile" in (desk.row(stale).error or "")
    assert desk.row(fresh).state is not CommandState.REJECTED


def test_a_change_that_the_record_lacks_yet_counts_once(desk: Desk) -> None:
    """A worker may take a change up at any moment: the next one knows its revision all the same."""
    desk.put(SetHyperparameters(settings={"learning_rate": 0.002}))
    desk.desk.take_requests()
    deadline_s = time.monotonic() + PATIENCE_S
    while desk.trainer.board.applied_revision < 1:
        assert time.monotonic() < deadline_s
        time.sleep(0.002)
    following = desk.put(SetHyperparameters(settings={"learning_rate": 0.003}, expected_revision=1))
    desk.desk.take_requests()
    desk.turn()

    assert desk.row(following).error is None


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"learning_rate": -1.0}, "learning_rate: -1.0 is not allowed; allowed: "),
        ({"happiness": 1}, "happiness: unknown hyperparameter"),
        ({"gamma": 0.9, "rollout_length": 0}, "rollout_length: 0 is not allowed"),
    ],
)
def test_settings_that_are_not_allowed_are_rejected_whole(
    desk: Desk, settings: dict[str, float], complaint: str
) -> None:
    """One wrong setting rejects the command with its reason; nothing of it is applied."""
    before = desk.trainer.board.snapshot().applied["gamma"]
    refused = desk.do(SetHyperparameters(settings=settings))

    assert refused.state is CommandState.REJECTED
    assert refused.error is not None
    assert complaint in refused.error
    assert desk.trainer.board.snapshot().applied["gamma"].setting == before.setting


def test_thresholds_are_changed_at_once_also_in_a_pause(desk: Desk) -> None:
    """The ledger and the event say before and after; what stays as it was is no change."""
    desk.do(Pause())
    first = desk.do(SetAlertThresholds(thresholds={"policy_lag": 50.0, "slow": 0.5}))
    second = desk.do(SetAlertThresholds(thresholds={"policy_lag": None}))

    assert (first.state, first.actor) == (CommandState.APPLIED, "token")
    assert first.applied_at_env_step == env_steps(desk)
    assert first.threshold_changes == {"policy_lag": ThresholdChange(before=25.0, after=50.0)}
    assert second.threshold_changes == {"policy_lag": ThresholdChange(before=50.0, after=25.0)}
    told = [event["threshold_changes"] for event in desk.events("command_applied")]
    assert told[1:] == [
        {"policy_lag": {"before": 25.0, "after": 50.0}},
        {"policy_lag": {"before": 50.0, "after": 25.0}},
    ]
    assert desk.record.alert_thresholds == {"slow": 0.5}


def test_a_wrong_threshold_is_rejected_whole(desk: Desk) -> None:
    """The process checks for itself; nothing of the command is applied."""
    refused = desk.do(SetAlertThresholds(thresholds={"slow": 0.4, "policy_lag": -1.0}))

    assert refused.state is CommandState.REJECTED
    assert (refused.error or "").startswith("policy_lag: -1 is not allowed; allowed:")
    assert desk.record.alert_thresholds == {}


def test_a_setting_the_memory_has_no_room_for_is_rejected(desk: Desk, monkeypatch: Any) -> None:
    """What only the trainer can judge is rejected in the same way, and the run goes on."""
    monkeypatch.setattr(combinations, "MAX_OBSERVATION_BYTES", 100)
    refused = desk.do(SetHyperparameters(settings={"rollout_length": 200}))

    assert refused.state is CommandState.REJECTED
    assert "bytes an observation" in (refused.error or "")
    assert desk.do(Pause()).state is CommandState.APPLIED


def test_answers_come_after_the_commit(desk: Desk) -> None:
    """Nobody is told before the record holds it."""
    command_id = desk.put(Pause())
    desk.desk.take_requests()
    assert desk.acks == []
    desk.record.commit(lambda _seq: None)
    desk.desk.send_acks()
    (ack,) = desk.acks
    assert (ack.command_id, ack.accepted) == (command_id, True)
    desk.desk.send_acks()
    assert len(desk.acks) == 1


def test_a_command_that_comes_twice_is_taken_once(desk: Desk) -> None:
    """Who lost the connection before the answer sends again, and hears what was decided then."""
    for action, accepted in ((Pause(), True), (SetHyperparameters(settings={"gamma": 2}), False)):
        command_id = desk.put(action)
        desk.turn_until(lambda: desk.acks)
        desk.inbox.put(Request(command_id, "token", action, desk.acks.append))
        desk.turn_until(lambda: len(desk.acks) == 2)

        assert [(a.command_id, a.accepted) for a in desk.acks] == [(command_id, accepted)] * 2
        decided = desk.events("command_accepted", "command_rejected")
        assert [event["command_id"] for event in decided].count(command_id) == 1
        desk.acks.clear()


def test_an_abort_overrides_a_stop(desk: Desk) -> None:
    """Who loses patience with a stop can abort, and then the abort counts."""
    desk.put(Stop())
    desk.turn()
    assert isinstance(desk.desk.ending, Stop)
    assert desk.record.state is RunState.STOPPING
    since_s = desk.desk.ending_since_s
    desk.put(Interrupt(reason="later"))
    desk.put(Abort())
    desk.turn()
    ending: object = desk.desk.ending
    assert isinstance(ending, Abort)
    assert desk.desk.ending_since_s > since_s


def test_nothing_stays_open_at_the_end(desk: Desk) -> None:
    """At the end what asked for it is applied, and everything that never took effect rejected."""
    desk.do(Pause())
    step = desk.put(Step(env_steps=1_000_000))
    stop = desk.put(Stop())
    desk.turn()
    desk.turn_until(lambda: desk.trainer.outcome)
    desk.desk.close()
    desk.record.change_state(RunState.STOPPED)
    desk.turn()

    assert desk.row(stop).state is CommandState.APPLIED
    assert desk.row(step).state is CommandState.REJECTED
    assert JournalReader(desk.record.writer.run_dir).open_commands() == []


@pytest.mark.parametrize(
    "action",
    [
        Start(),
        Pause(),
        Resume(),
        Step(updates=1),
        Stop(),
        Abort(),
        SetHyperparameters(settings={"gamma": 0.5}),
        SetAlertThresholds(thresholds={"policy_lag": None}),
    ],
    ids=lambda action: action.name,
)
def test_an_ended_run_takes_nothing(desk: Desk, action: Action) -> None:
    """Once a run has ended every command is rejected, and says why."""
    desk.put(Stop())
    desk.turn_until(lambda: desk.trainer.outcome)
    desk.desk.close()
    desk.record.change_state(RunState.STOPPED)
    refused = desk.do(action)

    assert refused.state is CommandState.REJECTED
    assert refused.error == "the run is stopped"
    assert desk.acks[-1].reason == "the run is stopped"


@pytest.mark.parametrize("action", [Step(env_steps=1_000_000), Pause()])
def test_nobody_waits_for_ever_for_a_worker_that_does_not_answer(
    desk: Desk, action: Action
) -> None:
    """The command is rejected and names it; who still answers is held, and the state says so."""
    desk.turn_until(lambda: env_steps(desk) > 0)
    command_id = desk.put(action)
    desk.desk.take_requests()
    desk.desk.give_up_on([Heartbeat("actor-learner-1", age_s=9.0, interval_s=0.01, beats=7)])
    desk.desk.give_up_on([Heartbeat("actor-learner-1", age_s=12.3, interval_s=0.01, beats=7)])
    desk.turn()

    row = desk.row(command_id)
    assert row.state is CommandState.REJECTED
    assert (row.error or "").startswith(
        "actor-learner-1 does not answer: it has done nothing for 12 s."
    )
    desk.turn_until(lambda: desk.record.state is RunState.PAUSED)
    assert desk.do(Resume()).state is CommandState.APPLIED


def test_a_worker_that_is_slow_is_waited_for(desk: Desk) -> None:
    """As long as it is no more silent than usual, a pause is not given up."""
    command_id = desk.put(Pause())
    desk.turn()
    desk.desk.give_up_on([Heartbeat("actor-learner-1", age_s=60.0, interval_s=30.0, beats=7)])

    desk.turn_until(lambda: desk.row(command_id).state is CommandState.APPLIED)
