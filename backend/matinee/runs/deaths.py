"""What the server writes into a run.db that nobody else writes any more.

Only the run process reports that it has stopped; only the server reports that it has died.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from matinee.contracts.commands import Command, CommandState
from matinee.contracts.events import CommandAccepted, CommandApplied, CommandRejected
from matinee.contracts.events import RunStateChanged as StateChanged
from matinee.contracts.run import RunSnapshot
from matinee.contracts.run_state import ENDED_STATES, RunState, check_transition
from matinee.journal.reader import JournalReader
from matinee.journal.schema import WORKER_LOG
from matinee.journal.writer import JournalWriter
from matinee.runs.ports import ProcessExit

LOG_TAIL_LINES = 50
_LOG_TAIL_BYTES = 32_768
_FATAL_ERROR = "Fatal Python error"
"""How the dump begins that Python writes when native code crashes: what happened and the stack of
the thread where it did come first, then the stacks of all others."""


def record_death(
    run_dir: Path, *, state: RunState, reason: str, command: Command | None = None
) -> None:
    """End a run whose process is gone; does nothing if the run had ended in good order.

    Commands that were still open are rejected with the same reason.

    Args:
        run_dir: The run's folder.
        state: How it ended.
        reason: Why, in words; the first line is the headline.
        command: Who asked for it, if somebody did; it is recorded as applied.

    Raises:
        JournalOwnedError: a process still writes; the run is not dead.
    """
    with JournalWriter(run_dir) as writer:
        reader = JournalReader(run_dir)
        snapshot, _ = reader.snapshot()
        if snapshot.state in ENDED_STATES or snapshot.state is RunState.CREATED:
            return
        for open_command in reader.open_commands():
            _reject(writer, open_command, snapshot, reason.splitlines()[0])
        _end(writer, snapshot, state=state, reason=reason, command=command)


def end_unstarted(run_dir: Path, command: Command, *, state: RunState) -> None:
    """Stop or abort a run that never had a process."""
    with JournalWriter(run_dir) as writer:
        snapshot, _ = JournalReader(run_dir).snapshot()
        reason = f"{state.value} on request before it started"
        _end(writer, snapshot, state=state, reason=reason, command=command)


def _end(
    writer: JournalWriter,
    snapshot: RunSnapshot,
    *,
    state: RunState,
    reason: str,
    command: Command | None,
) -> None:
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
    writer.set_snapshot(
        snapshot.model_copy(update={"state": state, "reason": reason, "ended_at": now})
    )


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
    path = run_dir / WORKER_LOG
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - _LOG_TAIL_BYTES))
        text = file.read().decode(errors="replace")
    lines = text.splitlines()
    crashes = [i for i, line in enumerate(lines) if line.startswith(_FATAL_ERROR)]
    start = max(0, len(lines) - LOG_TAIL_LINES)
    if crashes:
        start = min(start, crashes[-1])
    return "\n".join(lines[start : start + LOG_TAIL_LINES])
