"""What a heartbeat says of the work done, so that a hang can be seen from outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matinee.contracts.control import Phase
from matinee.contracts.events import LogWritten
from matinee.training.heartbeats import Heartbeat
from matinee.training.trainer import Trainer
from matinee.worker.alert_signals import longest_silence
from matinee.worker.record import RunRecord

STUCK_AFTER_S = 1.0
"""A thread that is slowed down on purpose says that it waits; one that says nothing does not."""


@dataclass(frozen=True)
class Diligence:
    """How much was done, and whether more is to be expected."""

    work: int
    phase: Phase


STARTING = Diligence(work=0, phase="starting")


def diligence_of(trainer: Trainer, heartbeats: Sequence[Heartbeat]) -> Diligence:
    """As of now.

    Signs of life of threads do not count as work: those that wait for one that hangs look up often.
    Once training is over, the host sees to it by itself that the rest takes no longer than it may.
    """
    progress = trainer.progress()
    work = progress.env_steps + progress.updates + trainer.evaluation_steps
    if trainer.outcome is not None or trainer.control.paused:
        return Diligence(work, "standing")
    is_stuck = any(heartbeat.age_s > STUCK_AFTER_S for heartbeat in heartbeats)
    is_slowed_down = trainer.board.newest()[1].is_slowed_down
    return Diligence(work, "standing" if is_slowed_down and not is_stuck else "working")


def tell_where_it_stands(
    record: RunRecord, trainer: Trainer, heartbeats: Sequence[Heartbeat]
) -> None:
    """Record the stack of the thread that has been silent longest."""
    silent = longest_silence(heartbeats)
    if silent is not None:
        stack = trainer.stack_of(silent.thread) or "it has just ended"
        record.append(
            LogWritten,
            level="warning",
            message=f"{silent.thread} has been silent for {silent.age_s:.1f} s:\n{stack}",
        )
