"""A run's steering, exported: what was asked, and a plan by which another run does the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, assert_never

import orjson

from matinee.contracts.commands import (
    Abort,
    Action,
    Command,
    CommandState,
    Fork,
    Interrupt,
    Pause,
    PinCheckpoint,
    Resume,
    Rewind,
    SaveCheckpoint,
    SetAlertThresholds,
    SetHyperparameters,
    Start,
    Step,
    Stop,
)
from matinee.contracts.ledger_file import LedgerFile, NotReplayed
from matinee.contracts.planned_changes import PlannedChange
from matinee.contracts.run_state import ENDED_STATES
from matinee.journal.reader import JournalReader
from matinee.journal.whole_ledger import whole_ledger

_PAGE_EVENTS = 1000

_GOES_ON = "the replay trains on without a break: a pause or an end takes no env step"


def export_ledger(reader: JournalReader) -> LedgerFile:
    """The ledger of a run and what replays it, also while the run goes on.

    What was in use comes from the changes that the record tells of, not from the commands alone:
    a rewind changes hyperparameters, too. A change at the very end, which no rollout has used, is
    left out.
    """
    header = reader.header()
    snapshot, _ = reader.snapshot()
    until = snapshot.progress.env_steps if snapshot.state in ENDED_STATES else None
    changes = sorted(_changes(reader), key=lambda change: change.env_step)
    plan = [change for change in changes if until is None or change.env_step < until]
    commands = list(whole_ledger(reader))
    return LedgerFile(
        run_id=header.run_id,
        exported_at=datetime.now(UTC),
        spec=header.spec,
        until_env_step=until,
        plan=plan,
        commands=commands,
        not_replayed=[
            NotReplayed(env_step=command.applied_at_env_step, action=command.action.name, why=why)
            for command in commands
            if command.state is CommandState.APPLIED
            and (why := _why_not(command, until)) is not None
        ],
    )


def _changes(reader: JournalReader) -> Iterator[PlannedChange]:
    after = 0
    while True:
        page = reader.events(after=after, limit=_PAGE_EVENTS, types=("hyperparameters_changed",))
        if not page.events:
            return
        for event in map(orjson.loads, page.events):
            if event["changes"]:
                yield _planned(event)
        after = page.next


def _planned(event: dict[str, Any]) -> PlannedChange:
    return PlannedChange.model_validate(
        {
            "env_step": event["env_step"],
            "hyperparameters": {name: each["after"] for name, each in event["changes"].items()},
        }
    )


def _why_not(command: Command, until: int | None) -> str | None:
    """Why an applied command is not part of the plan; None if it is, or needs no replay."""
    action: Action = command.action
    at = command.applied_at_env_step
    why: str | None
    match action:
        case SetHyperparameters():
            too_late = until is not None and at is not None and at >= until
            why = "the run ended there: no rollout has used it" if too_late else None
        case Start() | Resume():
            why = None if at == 0 else _GOES_ON
        case Pause() | Step():
            why = _GOES_ON
        case Stop() | Abort() | Interrupt():
            why = "the replay ends by its budget, at the env step at which this run ended"
        case SetAlertThresholds():
            why = "warnings change nothing of what is learned"
        case SaveCheckpoint() | PinCheckpoint():
            why = "checkpoints change nothing of what is learned"
        case Rewind():
            why = "its weights are this run's; the settings that it brought back are replayed"
        case Fork():
            why = "its first weights were another run's; the replay begins with new ones"
        case _:
            assert_never(action)
    return why
