"""Where a trainer begins: anew, where the run was, or at a checkpoint that it goes back to.

Going back never rewinds a counter. Env steps, updates, episodes and seconds that were really done
stay done, in the record and on every axis; what came after the checkpoint is marked as abandoned.
A run whose process was lost goes back in the same way: to its newest checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from matinee.contracts.change_class import changes_between
from matinee.contracts.commands import Command, Resume, Start
from matinee.contracts.events import RunRewound
from matinee.contracts.progress import Progress
from matinee.contracts.run_spec import RunSpec
from matinee.errors import CheckpointError
from matinee.journal.reader import JournalReader
from matinee.training.checkpoints import CheckpointState, continued
from matinee.training.return_window import FullWindow, WindowState
from matinee.training.trainer import Trainer
from matinee.worker.checkpoint_keeper import CheckpointKeeper
from matinee.worker.record import RunRecord


@dataclass(frozen=True)
class Destination:
    """Where to go back to, read and verified before anything is given up.

    Attributes:
        checkpoint_id: None: to the beginning, for there is no checkpoint.
        state: The learner then.
        command: Who asks for it; None: nobody, a process was lost.
        cause: As the record tells it.
    """

    checkpoint_id: str | None
    state: CheckpointState
    command: Command | None
    cause: Literal["command", "resume"]


def beginning(
    record: RunRecord, keeper: CheckpointKeeper, spec: RunSpec, start: Command | None
) -> CheckpointState | None:
    """What the first trainer of a process begins with; None: nothing.

    Args:
        record: Of the run; told if the run goes back.
        keeper: Of its checkpoints.
        spec: To train by.
        start: The command that started the process, if one did.

    Raises:
        CheckpointError: the checkpoint that was asked for is not whole, or none is.
    """
    action = start.action if start is not None else None
    chosen = action.checkpoint_id if isinstance(action, Start | Resume) else None
    done = record.progress
    if chosen is not None:
        entry = keeper.find(chosen)
        if entry is None:
            raise CheckpointError(f"there is no checkpoint {chosen}")
        found = entry, keeper.load(chosen)
    else:
        newest = keeper.newest_whole()
        if newest is None:
            if done.env_steps == 0:
                return None
            if JournalReader(record.writer.run_dir).header().parent is not None:
                raise CheckpointError(
                    "the checkpoint that this run was forked from is gone from its folder: fork it "
                    "again"
                )
            # It was lost before its first checkpoint: the same first weights once more.
            state = Trainer(spec, on_wake=lambda: None).capture()
            return go_back(
                record, Destination(None, state, None, "resume"), spec, facts=_facts(done)
            )
        found = newest
    entry, state = found
    if done.env_steps > state.document.env_steps or entry.abandoned or chosen is not None:
        by_command = chosen is not None
        destination = Destination(
            entry.id, state, start if by_command else None, "command" if by_command else "resume"
        )
        return go_back(record, destination, spec, facts=_facts(done))
    return _as_recorded(record, state)


def go_back(
    record: RunRecord, destination: Destination, spec: RunSpec, *, facts: WindowState
) -> CheckpointState:
    """Write down that the run goes back, and say what the next trainer begins with.

    Somebody who goes back to a checkpoint gets its hyperparameters, too. A run whose process was
    lost keeps those that it had: nobody has asked for others.

    Args:
        record: Of the run, with everything that was done so far.
        destination: Where to.
        spec: Of the run.
        facts: The first and best 100 episodes of the run, and when it was solved.

    Raises:
        sqlite3.Error: the record can't be written.
    """
    then = destination.state.document
    done = record.progress.model_copy(update={"episodes": record.writer.episodes})
    command = destination.command
    actor = command.actor if command is not None else "run process"
    command_id = command.id if command is not None else None
    before = {name: applied.setting for name, applied in record.hyperparameters.items()}
    since = {name: applied.since_env_step for name, applied in record.hyperparameters.items()}
    after = {**then.hyperparameters, **before}
    if command is not None:
        after = {**before, **then.hyperparameters}
    env_steps = max(done.env_steps, then.env_steps)
    changes = changes_between(before, after, spec.layout, env_step=env_steps)
    revision = record.revision + bool(changes)

    stretch = record.writer.stretch_after(destination.checkpoint_id)
    seq = record.writer.append(
        RunRewound,
        env_step=env_steps,
        checkpoint_id=destination.checkpoint_id,
        cause=destination.cause,
        actor=actor,
        command_id=command_id,
        to_env_step=then.env_steps,
        abandoned=stretch,
    )
    if stretch is not None:
        record.writer.abandon(stretch, seq=seq, checkpoint_id=destination.checkpoint_id)
    if changes:
        record.record_change(
            env_step=env_steps,
            revision=revision,
            changes=changes,
            actor=actor,
            command_id=command_id,
        )
    return continued(
        destination.state,
        progress=done,
        facts=facts,
        revision=revision,
        settings=after,
        since_env_step={
            **then.hyperparameters_since_env_step,
            **since,
            **dict.fromkeys(changes, env_steps),
        },
    )


def _as_recorded(record: RunRecord, state: CheckpointState) -> CheckpointState:
    """A checkpoint that nothing has come after, but perhaps changes of hyperparameters."""
    then = state.document
    recorded = record.hyperparameters
    return continued(
        state,
        progress=record.progress.model_copy(update={"episodes": record.writer.episodes}),
        facts=_facts(record.progress),
        revision=record.revision if recorded else then.hyperparameter_revision,
        settings={**then.hyperparameters, **{n: each.setting for n, each in recorded.items()}},
        since_env_step={
            **then.hyperparameters_since_env_step,
            **{name: each.since_env_step for name, each in recorded.items()},
        },
    )


def _facts(progress: Progress) -> WindowState:
    """What a record knows of the run's windows."""
    best = progress.best_mean_return_100
    return WindowState(
        best=None if best is None else FullWindow(best, 0.0), solved_at=progress.solved_at
    )
