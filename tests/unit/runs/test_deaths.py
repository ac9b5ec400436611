"""What the server writes into a record that nobody else writes any more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from fakes.records import command, new_record, progress
from matinee.contracts.commands import Abort, CommandState, Pause, Start, Stop
from matinee.contracts.run import RunSnapshot
from matinee.contracts.run_state import ENDED_STATES, RunState
from matinee.errors import ConflictError, JournalOwnedError
from matinee.journal.ownership import Ownership
from matinee.journal.reader import JournalReader
from matinee.runs.deaths import (
    LOG_TAIL_LINES,
    describe_exit,
    end_unstarted,
    log_tail,
    record_death,
)
from matinee.runs.ports import ProcessExit


def make(run_dir: Path, state: RunState, *open_commands: Any) -> None:
    """A record that stops in a state."""
    with new_record(run_dir) as writer:
        for each in open_commands:
            writer.save_command(each)
        writer.set_snapshot(RunSnapshot(state=state, progress=progress(120)))


def events(run_dir: Path) -> list[dict[str, Any]]:
    """Everything after the creation."""
    return [orjson.loads(e) for e in JournalReader(run_dir).events(after=1, limit=99).events]


def test_a_death_ends_the_record(tmp_path: Path) -> None:
    """State, reason and time of the end are recorded; what was open is rejected with the reason."""
    start, pause = command(Start()), command(Pause())
    done = command(Stop(), state=CommandState.APPLIED)
    make(tmp_path, RunState.RUNNING, start, done, pause)
    record_death(tmp_path, state=RunState.FAILED, reason="killed\n\nlast words")

    rejected = [event["command_id"] for event in events(tmp_path)[:-1]]
    assert rejected == [start.id, pause.id]
    end = events(tmp_path)[-1]
    assert (end["state"], end["previous_state"]) == ("failed", "running")
    assert (end["reason"], end["env_step"]) == ("killed\n\nlast words", 120)
    snapshot, _ = JournalReader(tmp_path).snapshot()
    assert (snapshot.state, snapshot.progress.env_steps) == (RunState.FAILED, 120)
    assert snapshot.ended_at is not None
    ledger = JournalReader(tmp_path).commands(after=None, limit=9)
    assert [each.state.value for each in ledger] == ["rejected", "applied", "rejected"]
    assert ledger[0].error == "killed"


@pytest.mark.parametrize("state", [*sorted(ENDED_STATES), RunState.CREATED])
def test_an_end_is_not_overwritten(tmp_path: Path, state: RunState) -> None:
    """A run that ended in good order, or never began, stays as it is."""
    make(tmp_path, state)
    record_death(tmp_path, state=RunState.FAILED, reason="x")
    assert events(tmp_path) == []
    assert JournalReader(tmp_path).snapshot()[0].state is state


def test_the_living_are_not_buried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a process owns the record, nobody else writes an end into it."""
    monkeypatch.setattr("matinee.journal.writer.OWNERSHIP_WAIT_S", 0.0)
    make(tmp_path, RunState.RUNNING)
    owner = Ownership(tmp_path)
    with pytest.raises(JournalOwnedError):
        record_death(tmp_path, state=RunState.FAILED, reason="x")
    owner.release()
    assert events(tmp_path) == []


def test_a_death_that_somebody_ordered(tmp_path: Path) -> None:
    """The command that ended it stands in ledger and events as accepted and applied."""
    make(tmp_path, RunState.PAUSED)
    abort = command(Abort(), state=CommandState.PENDING)
    record_death(tmp_path, state=RunState.ABORTED, reason="killed", command=abort)

    assert [event["type"] for event in events(tmp_path)] == [
        "command_accepted",
        "command_applied",
        "run_state_changed",
    ]
    recorded = JournalReader(tmp_path).command(abort.id)
    assert recorded is not None
    assert (recorded.state, recorded.applied_at_env_step) == (CommandState.APPLIED, 120)


@pytest.mark.parametrize("state", [RunState.STOPPED, RunState.ABORTED])
def test_a_run_that_never_started_can_end(tmp_path: Path, state: RunState) -> None:
    """A created run ends with the command that ended it, and says that it never started."""
    make(tmp_path, RunState.CREATED)
    stop = command(Stop(), state=CommandState.PENDING)
    end_unstarted(tmp_path, stop, state=state)
    snapshot, _ = JournalReader(tmp_path).snapshot()

    assert snapshot.state is state
    assert snapshot.reason == f"{state.value} on request before it started"
    with pytest.raises(ConflictError):
        end_unstarted(tmp_path, stop, state=state)


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (None, "the run process does not answer any more"),
        (ProcessExit(None, None), "the run process is gone"),
        (ProcessExit(None, "SIGKILL"), "was killed (SIGKILL): perhaps out of memory"),
        (ProcessExit(None, "SIGABRT"), "was ended by SIGABRT"),
        (ProcessExit(70, None), "left unexpectedly with exit code 70"),
    ],
)
def test_an_exit_in_words(tmp_path: Path, end: ProcessExit | None, words: str) -> None:
    """The headline says how it ended, and the last lines of the log follow where there are any."""
    assert describe_exit(tmp_path, end).endswith(words)
    (tmp_path / "worker.log").write_text("some\nwords\n")
    headline, *rest = describe_exit(tmp_path, end).splitlines()
    assert headline.endswith(words)
    assert rest == ["", "The end of its log:", "some", "words"]


def test_the_tail_of_a_long_log(tmp_path: Path) -> None:
    """Only the end of a log is read, however long and broken it is."""
    assert log_tail(tmp_path) == ""
    path = tmp_path / "worker.log"
    path.write_bytes(b"\xff\xfe garbage\n" + b"x" * 10_000_000 + b"\n" + b"line\n" * 500)
    tail = log_tail(tmp_path).splitlines()
    assert tail == ["line"] * LOG_TAIL_LINES
    path.write_bytes(b"\xff" * 100_000)
    assert len(log_tail(tmp_path)) <= 32_768


def test_a_crash_dump_is_kept_from_its_beginning(tmp_path: Path) -> None:
    """With many threads the dump is longer than the tail, and what happened stands at its top."""
    dump = ["Fatal Python error: Segmentation fault", "Current thread:", "  line", *["other"] * 90]
    (tmp_path / "worker.log").write_text("\n".join(["before"] * 10 + dump))

    tail = log_tail(tmp_path).splitlines()

    assert tail == dump[:LOG_TAIL_LINES]
