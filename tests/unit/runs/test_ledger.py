"""A run's steering as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fakes.records import SPEC, command, new_record, progress
from matinee.contracts.commands import (
    Action,
    Command,
    CommandState,
    HyperparameterChange,
    Interrupt,
    Pause,
    Resume,
    Rewind,
    SetAlertThresholds,
    SetHyperparameters,
    Start,
    Stop,
)
from matinee.contracts.events import HyperparametersChanged
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.ledger_file import LedgerFile
from matinee.contracts.run import RunSnapshot
from matinee.contracts.run_state import RunState
from matinee.journal.reader import JournalReader
from matinee.runs import ledger as module
from matinee.runs.ledger import export_ledger


def changed(env_step: int, **settings: Any) -> dict[str, Any]:
    """An event of a change from 1 to these settings."""
    changes = {n: HyperparameterChange(before=1.0, after=each) for n, each in settings.items()}
    return {"env_step": env_step, "revision": 1, "actor": "token", "command_id": None,
            "changes": changes}  # fmt: skip


def applied(action: Action, env_step: int) -> Command:
    """A command that took effect."""
    done = {"state": CommandState.APPLIED, "applied_at_env_step": env_step}
    return command(action).model_copy(update=done)


def exported(
    run_dir: Path,
    *,
    changes: tuple[dict[str, Any], ...] = (),
    commands: tuple[Command, ...] = (),
    state: RunState = RunState.FINISHED,
) -> LedgerFile:
    """The ledger of a run that came to env step 1,000."""
    with new_record(run_dir) as writer:
        writer.set_snapshot(RunSnapshot(state=state, progress=progress(1000)))
        for each in changes:
            writer.append(HyperparametersChanged, **each)
        for row in commands:
            writer.save_command(row)
        writer.commit()
    return export_ledger(JournalReader(run_dir))


def test_the_plan_is_what_was_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each change at its env step, in order, however many pages; empty ones are left out."""
    monkeypatch.setattr(module, "_PAGE_EVENTS", 2)
    events = (changed(10, gamma=0.9), changed(10, workers=3), changed(20), changed(30, gamma=0.5))

    file = exported(tmp_path / "run", changes=events)

    assert [(each.env_step, each.hyperparameters) for each in file.plan] == [
        (10, {"gamma": 0.9}), (10, {"workers": 3}), (30, {"gamma": 0.5}),
    ]  # fmt: skip
    assert (file.spec, file.until_env_step) == (SPEC, 1000)


def test_what_no_rollout_has_used_is_no_part_of_the_plan(tmp_path: Path) -> None:
    """A change at the very end is told apart; while a run goes on there is no end."""
    change = changed(1000, gamma=0.9)
    row = applied(SetHyperparameters(settings={"gamma": 0.9}), 1000)

    ended = exported(tmp_path / "ended", changes=(change,), commands=(row,))
    running = exported(
        tmp_path / "running", changes=(change,), commands=(row,), state=RunState.RUNNING
    )

    assert (ended.plan, [each.action for each in ended.not_replayed]) == (
        [],
        ["set_hyperparameters"],
    )
    assert (len(running.plan), running.not_replayed, running.until_env_step) == (1, [], None)


def test_every_command_is_in_the_file_and_what_is_not_replayed_says_why(tmp_path: Path) -> None:
    """A replay repeats changes of hyperparameters alone; refused commands changed nothing."""
    rows = (
        applied(Start(), 0),
        applied(SetHyperparameters(settings={"gamma": 0.9}), 10),
        applied(Pause(), 20),
        applied(Resume(), 20),
        command(Pause(), state=CommandState.REJECTED),
        applied(SetAlertThresholds(thresholds={"x": 1.0}), 30),
        applied(Rewind(checkpoint_id=new_ulid()), 40),
        applied(Interrupt(reason="away"), 50),
        applied(Start(), 50),
        applied(Stop(), 1000),
    )

    file = exported(tmp_path / "run", commands=rows)

    assert tuple(file.commands) == rows
    assert [(each.env_step, each.action) for each in file.not_replayed] == [
        (20, "pause"), (20, "resume"), (30, "set_alert_thresholds"), (40, "rewind"),
        (50, "interrupt"), (50, "start"), (1000, "stop"),
    ]  # fmt: skip
    assert all(each.why for each in file.not_replayed)
    assert LedgerFile.model_validate_json(file.model_dump_json(by_alias=True)) == file
