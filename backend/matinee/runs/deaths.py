"""What the server writes into a run.db that nobody else writes any more.

Only the run process reports that it has stopped; only the server reports that it has died.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from matinee.contracts.commands import Command, CommandState, Start
from matinee.contracts.events import CommandAccepted, CommandApplied, CommandRejected
from matinee.contracts.events import RunStateChanged as StateChanged
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.run import RunSnapshot
from matinee.contracts.run_state import ENDED_STATES, RunState, check_transition
from matinee.journal.plain_files import open_within
from matinee.journal.reader import JournalReader
from matinee.journal.schema import WORKER_LOG
from matinee.journal.writer import JournalWriter
from matinee.runs.folders import queue_start
from matinee.runs.ports import ProcessExit
from matinee.runs.restarts import Restart, next_restart

LOG_TAIL_LINES = 50
_LOG_TAIL_BYTES = 32_768
_FATAL_ERROR = "Fatal Python error"
"""How the dump begins that Python writes when native code crashes: what happened and the stack of
the thread where it did come first, then the stacks of all others."""


@dataclass(frozen=True)
class Life:
    """The life that a death has ended: whether another one follows depends on it.

    Attributes:
        began: A ULID of its first moment.
        lasted_s: Its length.
    """

    began: str
    lasted_s: float


@dataclass(frozen=True)
class Rebirth:
    """A run that has died and is queued again."""

    command_id: str
    restart: Restart


def record_death(
    run_dir: Path,
    *,
    state: RunState,
    reason: str,
    command: Command | None = None,
    life: Life | None = None,
) -> Rebirth | None:
    """End a run whose process is gone; does nothing if the run had ended in good order.

    Commands that were still open are rejected with the same reason. A run whose spec asks for it
    is queued again in the same commit, so that nobody takes it for ended.

    Args:
        run_dir: The run's folder.
        state: How it ended.
        reason: Why, in words; the first line is the headline.
        command: Who asked for it, if somebody did; it is recorded as applied.
        life: What it had; None: no other life follows, whatever the spec says.

    Returns:
        How it goes on, if it does; the caller starts it.

    Raises:
        JournalOwnedError: a process still writes; the run is not dead.
    """
    with JournalWriter(run_dir) as writer:
        reader = JournalReader(run_dir)
        snapshot, _ = reader.snapshot()
        if snapshot.state in ENDED_STATES or snapshot.state is RunState.CREATED:
            return None
        for open_command in reader.open_commands():
            _reject(writer, open_command, snapshot, reason.splitlines()[0])
        plan = reader.header().spec.recovery
        restart = None
        if life is not None:
            restart = next_restart(
                plan,
                restarts=snapshot.restarts,
                lived_s=life.lasted_s,
                has_saved=any(folder > life.began for folder in reader.checkpoints()),
            )
            if restart is None and plan.restart_after_death:
                reason = f"gave up after {plan.max_restarts} restarts; the last: {reason}"
        ended = _end(writer, snapshot, state=state, reason=reason, command=command)
        if restart is None:
            return None
        start = Command(
            id=new_ulid(),
            run_id=run_dir.name,
            actor="server",
            action=Start(),
            state=CommandState.PENDING,
            created_at=datetime.now(UTC),
        )
        why = f"{restart}; {reason}"
        queue_start(writer, ended, start, reason=why, restarts=restart.number)
        return Rebirth(start.id, restart)


def end_unstarted(run_dir: Path, command: Command, *, state: RunState) -> None:
    """Stop or abort a run that has no process, and got none."""
    with JournalWriter(run_dir) as writer:
        reader = JournalReader(run_dir)
        snapshot, _ = reader.snapshot()
        reason = f"{state.value} on request before it started"
        for open_command in reader.open_commands():
            _reject(writer, open_command, snapshot, reason)
        _end(writer, snapshot, state=state, reason=reason, command=command)


def _end(
    writer: JournalWriter,
    snapshot: RunSnapshot,
    *,
    state: RunState,
    reason: str,
    command: Command | None,
) -> RunSnapshot:
    check_transition(snapshot.state, state)
    env_step = snapshot.progress.env_steps
    now = datetime.now(UTC)
    if command is not None:
        writer.append(
            CommandAccepted,
            env_step=env_step,
            command_id=command.id,
            actor=command.actor,
            action=command.action,
        )
        writer.append(
            CommandApplied,
            env_step=env_step,
            command_id=command.id,
            actor=command.actor,
            name=command.action.name,
            revision=snapshot.hyperparameter_revision,
        )
        writer.save_command(
            command.model_copy(
                update={
                    "state": CommandState.APPLIED,
                    "finished_at": now,
                    "applied_at_env_step": env_step,
                    "revision": snapshot.hyperparameter_revision,
                }
            )
        )
    writer.append(
        StateChanged,
        env_step=env_step,
        state=state,
        previous_state=snapshot.state,
        reason=reason,
    )
    ended = snapshot.model_copy(update={"state": state, "reason": reason, "ended_at": now})
    writer.set_snapshot(ended)
    return ended


def _reject(writer: JournalWriter, command: Command, snapshot: RunSnapshot, error: str) -> None:
    writer.append(
        CommandRejected,
        env_step=snapshot.progress.env_steps,
        command_id=command.id,
        actor=command.actor,
        name=command.action.name,
        reason=error,
    )
    writer.save_command(
        command.model_copy(
            update={
                "state": CommandState.REJECTED,
                "finished_at": datetime.now(UTC),
                "error": error,
            }
        )
    )


def describe_exit(run_dir: Path, end: ProcessExit | None) -> str:
    """Why a run process is gone, in words, with the last lines of its log."""
    if end is None:
        headline = "the run process does not answer any more"
    elif end.signal_name == "SIGKILL":
        headline = "the run process was killed (SIGKILL): perhaps out of memory"
    elif end.signal_name is not None:
        headline = f"the run process was ended by {end.signal_name}"
    elif end.return_code is None:
        headline = "the run process is gone"
    else:
        headline = f"the run process left unexpectedly with exit code {end.return_code}"
    return with_log_tail(headline, run_dir)


def with_log_tail(headline: str, run_dir: Path) -> str:
    """A reason, and below it the last lines of the run process's log."""
    tail = log_tail(run_dir)
    return f"{headline}\n\nThe end of its log:\n{tail}" if tail else headline


def log_tail(run_dir: Path) -> str:
    """The last lines of a run process's log, or the first of its crash; empty if it wrote none."""
    try:
        with open_within(run_dir, WORKER_LOG) as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _LOG_TAIL_BYTES))
            text = file.read(_LOG_TAIL_BYTES).decode(errors="replace")
    except FileNotFoundError:
        return ""
    lines = text.splitlines()
    crashes = [i for i, line in enumerate(lines) if line.startswith(_FATAL_ERROR)]
    start = max(0, len(lines) - LOG_TAIL_LINES)
    if crashes:
        start = min(start, crashes[-1])
    return "\n".join(lines[start : start + LOG_TAIL_LINES])
