"""What each thread has counted, looked up from outside; asked whenever metrics are due."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matinee.contracts.workers import WorkerRole
from matinee.errors import WorkerFailedError
from matinee.training.counters import SlotCounter
from matinee.training.slots import MAX_ACTORS
from matinee.training.telemetry import Telemetry
from matinee.training.thread_group import ThreadFailure


@dataclass(frozen=True)
class ThreadReading:
    """One thread; of one that drives several workers, the part of one of them.

    Attributes:
        thread: Its name.
        role: What it does.
        slot: Where it counts; None if it does not.
        process: Where it runs.
        env_steps: Counted in its slot since the training began.
        updates: Likewise.
        lags: Of its updates since the last reading. Shape: (updates,).
        lives: It has not ended.
        has_lived: It has been seen alive.
        is_starting: It has not come to its first rollout.
        error: The traceback, if it was the first to fail.
    """

    thread: str
    role: WorkerRole
    slot: int | None
    process: int
    env_steps: int
    updates: int
    lags: NDArray[np.float64]
    lives: bool
    has_lived: bool
    is_starting: bool
    error: str | None

    @property
    def worker(self) -> int | None:
        """As episodes name it."""
        return None if self.slot is None or self.slot >= MAX_ACTORS else self.slot


class Roll:
    """Where to look each thread up. One for each training; used by the host's thread alone.

    Args:
        env_steps: Counted by each slot.
        updates: Pushes of each slot.
        living: Names of the threads that have not ended.
        starting: Names of those that have not come to their first rollout.
        failure: Of the first that failed.
    """

    def __init__(
        self,
        *,
        env_steps: SlotCounter,
        updates: SlotCounter,
        living: Callable[[], frozenset[str]],
        starting: Callable[[], frozenset[str]],
        failure: Callable[[], ThreadFailure | None],
    ) -> None:
        self._env_steps = env_steps
        self._updates = updates
        self._living = living
        self._starting = starting
        self._failure = failure
        self._begun: set[str] = set()

    def call(self, telemetry: Telemetry) -> tuple[ThreadReading, ...]:
        """Every thread that is there, or that was the last in its slot."""
        living, starting, failure = self._living(), self._starting(), self._failure()
        lags = telemetry.drain_lags()
        seats = telemetry.seats
        self._begun.update(living)
        holders = {slot: thread for thread, seat in seats.items() for slot in seat.slots}
        return tuple(
            ThreadReading(
                thread=thread,
                role=seat.role,
                slot=slot,
                process=seat.process,
                env_steps=0 if slot is None else self._env_steps.own(slot),
                updates=0 if slot is None else self._updates.own(slot),
                lags=_of(lags, slot),
                lives=thread in living,
                has_lived=thread in self._begun,
                is_starting=thread in starting,
                error=_traceback_of(failure, thread),
            )
            for thread, seat in seats.items()
            for slot in seat.slots or (None,)
            # One that holds no slot is forgotten with its end, unless it has failed.
            if (slot is not None and holders[slot] == thread)
            or (slot is None and (thread in living or _traceback_of(failure, thread)))
        )


def _of(lags: Mapping[int, NDArray[np.float64]], slot: int | None) -> NDArray[np.float64]:
    return np.empty(0) if slot is None else lags.get(slot, np.empty(0))


def _traceback_of(failure: ThreadFailure | None, thread: str) -> str | None:
    if failure is None or failure.thread != thread:
        return None
    if isinstance(failure.error, WorkerFailedError):
        return failure.error.traceback_text
    return failure.traceback_text
