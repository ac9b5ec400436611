"""Training threads of one process take turns where only one of them can compute at a time anyway.

NumPy lets go of the interpreter lock (GIL) within every larger operation, a few microseconds long.
Each time a thread that waits for the lock is woken on another core, finds the lock taken again and
sleeps again. Two threads of small networks wake each other so often that together they are slower
than one of them alone. Who waits for a turn does not wait for the interpreter
lock, so nobody is woken in vain.

A turn of a3c lasts some milliseconds, as long as the interpreter's own switch interval, and ends
between acting and learning, so that threads still overtake each other between a pull and its push.
One of ga3c is a segment that is acted, or a batch that is learned. Only speed depends on turns:
whoever has waited too long goes on without one.

Reference: D. Beazley, Understanding the Python GIL, PyCon 2010, on convoys.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from matinee.algorithm.networks import NetworkShape
from matinee.contracts.run_spec import EnvironmentSpec
from matinee.environments.factory import is_stepped_in_numpy
from matinee.training.phase_clock import PhaseClock

TURN_S = 0.005
"""How long a thread computes before others come first; as `sys.getswitchinterval()`."""

PATIENCE_S = 1.0
"""Longest wait for a turn: whoever has it hangs, or does something that takes long."""

MAX_WEIGHTS = 100_000
"""From about here on NumPy's matrix products are long enough for threads to gain by each other."""
MAX_WEIGHTS_OF_QUEUE = 25_000
"""In ga3c from here on: one thread only learns, in products of a whole batch, while others act."""


def turns_pay(
    shape: NetworkShape,
    environment: EnvironmentSpec,
    environments: int,
    *,
    max_weights: int = MAX_WEIGHTS,
) -> bool:
    """Whether threads that act and learn like this slow each other down.

    So they do with small networks in NumPy and environments in NumPy. Simulators in C and networks
    in torch let go of the interpreter lock for long enough to let other threads compute.

    Args:
        shape: Of the network.
        environment: That a thread steps.
        environments: How many of it.
        max_weights: Of the network.
    """
    return (
        _has_interpreter_lock()
        and shape.is_in_numpy
        and shape.layout().size <= max_weights
        and is_stepped_in_numpy(environment, environments)
    )


def _has_interpreter_lock() -> bool:
    """Free-threaded builds of Python 3.13 and later may have none."""
    is_enabled = getattr(sys, "_is_gil_enabled", None)
    return is_enabled is None or bool(is_enabled())


class Turns:
    """One for each process. First come, first served.

    Args:
        turn_s: How long a turn lasts at least, if somebody else waits.
        patience_s: Longest wait for one.
    """

    def __init__(self, *, turn_s: float = TURN_S, patience_s: float = PATIENCE_S) -> None:
        self.turn_s = turn_s
        self.patience_s = patience_s
        self._lock = threading.Lock()
        """Guards `_taken` and `_waiting`. Held for some list operations only."""
        self._taken = False
        self._waiting: deque[threading.Lock] = deque()

    @property
    def waiting(self) -> int:
        """How many threads wait for their turn."""
        return len(self._waiting)

    def take(self) -> bool:
        """Wait for the turn.

        Returns:
            False if it has not come in time.
        """
        mine = threading.Lock()
        mine.acquire()
        with self._lock:
            if not self._taken:
                self._taken = True
                return True
            self._waiting.append(mine)
        if mine.acquire(timeout=self.patience_s):
            return True
        with self._lock:
            # It may have come between the end of the wait and here.
            if not mine.acquire(blocking=False):
                self._waiting.remove(mine)
                return False
        return True

    def give(self) -> None:
        """Let the next thread have it. Only for who has the turn."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


class Seat:
    """One thread's place in the round, used by that thread alone."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self.has_turn = False
        self._since = 0.0

    def take(self) -> None:
        """Wait for the turn, unless the thread has it."""
        if not self.has_turn:
            self.has_turn = self._turns.take()
            self._since = time.perf_counter()

    @contextmanager
    def turn(self, clock: PhaseClock, *, pays: bool) -> Iterator[None]:
        """Compute in one's turn.

        Args:
            clock: Of the thread; shows the wait.
            pays: Without it the thread computes whenever it likes.
        """
        if pays:
            with clock.waiting():
                self.take()
        try:
            yield
        finally:
            self.give()

    def is_over(self) -> bool:
        """Whether others come first now, if they wait."""
        return (
            self.has_turn
            and self._turns.waiting > 0
            and time.perf_counter() - self._since >= self._turns.turn_s
        )

    def give(self) -> None:
        """Let others go first, if the thread has the turn."""
        if self.has_turn:
            self.has_turn = False
            self._turns.give()
