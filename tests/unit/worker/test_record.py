"""What the host writes down."""

from __future__ import annotations

import dataclasses
import math
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from fakes.hosting import ENDLESS, hosted
from fakes.records import command, new_record, progress
from matinee.contracts.alerts import ALERT_RULES
from matinee.contracts.commands import (
    CommandState,
    HyperparameterChange,
    Pause,
    SetHyperparameters,
    Stop,
)
from matinee.contracts.events import LogWritten
from matinee.contracts.run_state import RunState
from matinee.errors import ConflictError
from matinee.journal.reader import JournalReader
from matinee.training import run_observer
from matinee.training.waiting_episodes import EpisodeTable
from matinee.worker.alert_watch import Clearing, Raising
from matinee.worker.record import RunRecord


@pytest.fixture
def record(tmp_path: Path) -> Iterator[RunRecord]:
    """The record of a run that is running."""
    with new_record(tmp_path, run_id="run") as writer:
        writer.commit()
        record = RunRecord(writer, JournalReader(tmp_path).snapshot()[0], run_id="run")
        for state in (RunState.QUEUED, RunState.STARTING, RunState.RUNNING):
            record.change_state(state)
        yield record


def committed(record: RunRecord) -> list[dict[str, Any]]:
    """Commit; all events so far but the first four."""
    told: list[int] = []
    assert record.commit(told.append)
    page = JournalReader(record.writer.run_dir).events(after=4, limit=100)
    assert told == [page.next]
    return [orjson.loads(event) for event in page.events]


def test_states_follow_the_table(record: RunRecord) -> None:
    """Each step is an event with the state before it; a step that the table lacks is refused."""
    record.set_progress(progress(120))
    record.change_state(RunState.PAUSED)
    with pytest.raises(ConflictError):
        record.change_state(RunState.FINISHED)
    (event,) = committed(record)

    assert (event["previous_state"], event["state"]) == ("running", "paused")
    assert event["env_step"] == 120
    assert record.state is RunState.PAUSED


def test_alerts_are_events_and_part_of_the_snapshot(record: RunRecord) -> None:
    """Whoever comes later sees what is raised now; what was cleared is in the events."""
    rule = ALERT_RULES["policy_lag"]
    record.set_progress(progress(120))
    record.raise_alert(Raising(rule, "90 updates, above 25 for 3 s", 90.0, 25.0))
    (raised,) = committed(record)
    (now,) = JournalReader(record.writer.run_dir).snapshot()[0].alerts
    record.clear_alert(Clearing("policy_lag", "2 updates is on the right side again"))
    record.commit(lambda _: None)

    assert (raised["type"], raised["alert"], raised["env_step"]) == (
        "alert_raised",
        "policy_lag",
        120,
    )
    assert raised["hint"] == rule.hint
    assert (now.name, now.since_env_step, now.severity) == ("policy_lag", 120, rule.severity)
    assert JournalReader(record.writer.run_dir).snapshot()[0].alerts == []


def test_times_of_start_and_end(record: RunRecord) -> None:
    """A run started when it first ran and ended when it ended; a pause changes neither."""
    committed(record)
    reader = JournalReader(record.writer.run_dir)
    started_at = reader.snapshot()[0].started_at
    assert started_at is not None
    assert reader.snapshot()[0].ended_at is None

    record.change_state(RunState.PAUSED)
    record.change_state(RunState.RUNNING)
    record.change_state(RunState.STOPPING)
    record.change_state(RunState.STOPPED, "stopped on request")
    committed(record)
    snapshot = reader.snapshot()[0]
    assert snapshot.started_at == started_at
    assert snapshot.ended_at is not None
    assert snapshot.ended_at >= started_at
    assert snapshot.reason == "stopped on request"


def test_a_command_is_told_and_kept(record: RunRecord) -> None:
    """Accepted, applied and rejected are events, and the ledger has the newest of them."""
    first, second = command(Pause()), command(Stop())
    record.apply(record.accept(first), env_step=77)
    record.reject(record.accept(second), "the run ended before")
    events = committed(record)

    assert [event["type"] for event in events] == [
        "command_accepted",
        "command_applied",
        "command_accepted",
        "command_rejected",
    ]
    assert events[1]["env_step"] == 77
    assert events[3]["reason"] == "the run ended before"
    applied, rejected = JournalReader(record.writer.run_dir).commands(after=None, limit=9)
    assert (applied.state, applied.applied_at_env_step) == (CommandState.APPLIED, 77)
    assert (rejected.state, rejected.error) == (CommandState.REJECTED, "the run ended before")
    assert applied.finished_at is not None


def test_a_change_marks_the_run_as_steered(record: RunRecord) -> None:
    """Changed hyperparameters are an event at their env step, and the run counts as steered."""
    change = HyperparameterChange(before=0.01, after=0.02)
    record.record_change(
        env_step=50, revision=3, changes={"learning_rate": change}, actor="token", command_id="c"
    )
    (event,) = committed(record)
    assert event["changes"] == {
        "learning_rate": {"before": 0.01, "after": 0.02, "applies": True, "live_class": "live"}
    }
    assert (event["env_step"], event["revision"]) == (50, 3)
    snapshot, _ = JournalReader(record.writer.run_dir).snapshot()
    assert snapshot.steered
    assert snapshot.hyperparameter_revision == 3


def test_a_change_to_what_is_in_use_steers_nothing(record: RunRecord) -> None:
    """Who asks for the value that is in use gets a revision; the run stays unsteered."""
    record.record_change(env_step=50, revision=3, changes={}, actor="token", command_id="c")
    (event,) = committed(record)
    assert (event["changes"], event["revision"]) == ({}, 3)
    snapshot, _ = JournalReader(record.writer.run_dir).snapshot()
    assert not snapshot.steered
    assert snapshot.hyperparameter_revision == 3


def test_a_full_disk_is_told_once_and_outlived(
    record: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While commits fail, nothing is lost; one event tells of it; afterwards all is there."""
    committed(record)
    writer = record.writer
    fine = writer.commit

    def refuse() -> int:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(writer, "commit", refuse)
    told: list[int] = []
    for number in range(3):
        record.append(LogWritten, level="info", message=f"number {number}")
        assert not record.commit(told.append)
    assert record.failing_for_s > 0
    assert record.trouble is not None
    assert record.trouble.startswith("run.db can't be written: ")
    assert told == []

    monkeypatch.setattr(writer, "commit", fine)
    events = committed(record)
    assert [event["message"] for event in events if event["level"] == "info"] == [
        "number 0",
        "number 1",
        "number 2",
    ]
    (complaint,) = [event for event in events if event["level"] == "error"]
    assert "disk is full; nothing is lost" in complaint["message"]
    assert record.failing_for_s == 0
    assert record.trouble is None


def test_returns_that_are_no_numbers_are_told(record: RunRecord) -> None:
    """An episode whose return is NaN has no row, but people hear of it; the others are kept."""
    table = EpisodeTable(
        episode=np.arange(3),
        worker=np.zeros(3, np.int64),
        env_step=np.arange(3),
        seconds=np.arange(3.0),
        returns=np.array([1.0, math.nan, 3.0]),
        lengths=np.ones(3, np.int64),
    )
    record.append_episodes(table, updates=1)
    finished = dataclasses.replace(table, returns=np.ones(3))
    record.append_episodes(finished, updates=2)
    complaint, mixed, whole = committed(record)

    assert "NaN or infinite" in complaint["message"]
    assert mixed["columns"]["return"] == [1.0, 3.0]
    assert mixed["columns"]["env_step"] == [0, 2]
    assert whole["columns"]["return"] == [1.0, 1.0, 1.0]


def test_nothing_new_is_not_announced(record: RunRecord) -> None:
    """A commit without new events tells nobody."""
    committed(record)
    told: list[int] = []
    assert record.commit(told.append)
    assert told == []


def test_a_change_between_measurements_is_in_the_record_with_its_event(
    data_dir: Path, runtime_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads that a change was applied finds the new value in the same commit."""
    monkeypatch.setattr(run_observer, "MEASUREMENT_AGE_SHARE", 1e9)
    monkeypatch.setattr(run_observer, "LONGEST_MEASUREMENT_INTERVAL_S", 1e9)
    with hosted(data_dir, "Probe/Endless-v0", runtime_dir=runtime_dir, spec=ENDLESS) as run:
        run.wait_for_steps(0)
        run.do(SetHyperparameters(settings={"gamma": 0.5}))
        snapshot = run.snapshot
        assert snapshot.hyperparameters["gamma"].value == 0.5
        assert snapshot.hyperparameter_revision == 1
        run.do(Stop())
