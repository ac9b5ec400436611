"""Places for threads: every thread that counts, pushes or waits at the gate has a slot of its own.

Slots are fixed numbers, so that threads may come and go while a run trains and no counter moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from matinee.contracts.workers import WorkerRole

MAX_ACTORS: Final = 64
"""Actor-learners or environment threads: slots 0 to 63, which are also the workers' numbers."""

MAX_OPTIMIZERS: Final = 16
"""Optimizer threads of the queue mode: the slots after the actors'."""

SLOTS: Final = MAX_ACTORS + MAX_OPTIMIZERS


@dataclass(frozen=True)
class Seat:
    """What a thread is there for.

    Attributes:
        role: What it does.
        slots: Where it counts: several for one that drives several workers, none for one that
            neither steps nor pushes.
        process: Where it runs; 0 is the trainer's.
    """

    role: WorkerRole
    slots: tuple[int, ...] = ()
    process: int = 0


def worker_name(slot: int) -> str:
    """Of the thread of an actor-learner, in whichever process it runs."""
    return f"actor-learner-{slot}"


def optimizer_slot(number: int) -> int:
    """The slot of an optimizer thread, numbered from 0."""
    return MAX_ACTORS + number
