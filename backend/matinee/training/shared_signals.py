"""What the trainer's process tells workers of other processes, in memory that they share.

Workers read it in their hot loops, without a lock and without asking anybody. Only the trainer's
process writes it. Times are by `time.monotonic` and `time.perf_counter`, which count from the same
moment in all processes of a machine.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import NamedTuple

from matinee.errors import TrainingError
from matinee.training.clock import ClockReading
from matinee.training.control import GateSignals, Reservation
from matinee.training.pacing import Signal
from matinee.training.shared_arrays import ArrayPlan, SharedArrays
from matinee.training.slots import SLOTS

_POLL_S = 0.002
"""A wait that only slows training down ends this late after a signal, at most."""

CLOCK_PATIENCE_S = 10.0
"""Setting the clock takes microseconds; who is still at it after this long was killed."""

_ATTENTION, _HURRY, _STOPPING, _EDITION = range(4)
_WORDS, _ABANDON_AT, _CLOCK = "signals", "abandon_at", "clock"
_CLOCK_VERSION, _CLOCK_SECONDS, _CLOCK_SINCE = range(3)
_RESERVED_ENV_STEPS, _RESERVED_UPDATES = "reserved_env_steps", "reserved_updates"

SIGNALS_PLAN = {
    _WORDS: ArrayPlan("int64", (4,)),
    _ABANDON_AT: ArrayPlan("float64", (1,)),
    _CLOCK: ArrayPlan("float64", (3,)),
    _RESERVED_ENV_STEPS: ArrayPlan("int64", (SLOTS,)),
    _RESERVED_UPDATES: ArrayPlan("int64", (SLOTS,)),
}
"""The arrays that this module reads and writes."""


class SharedSignals:
    """Both sides of the signals: the trainer's process publishes, the others read."""

    def __init__(self, arrays: SharedArrays) -> None:
        self._words = arrays.integers(_WORDS)
        self._abandon_at = arrays.floats(_ABANDON_AT)
        self._clock = arrays.floats(_CLOCK)
        self.hurry: Signal = _SharedSignal(self._words, _HURRY)
        self.stopping: Signal = _SharedSignal(self._words, _STOPPING)
        self.reservations = SharedReservations(arrays)

    # ---- the trainer's process -------------------------------------------------------------------

    def publish_gate(self, signals: GateSignals) -> None:
        """Tell what the gate wants. Called under the gate's lock."""
        self._abandon_at[0] = signals.abandon_at
        self._words[_STOPPING] = signals.stopping
        self._words[_HURRY] = signals.hurry
        self._words[_ATTENTION] = signals.attention

    def publish_clock(self, reading: ClockReading) -> None:
        """Tell how long training has taken. Called under the clock's lock."""
        clock = self._clock
        # An odd version tells readers that the other two don't belong together yet.
        clock[_CLOCK_VERSION] += 1.0
        clock[_CLOCK_SECONDS] = reading.seconds
        clock[_CLOCK_SINCE] = math.nan if reading.running_since is None else reading.running_since
        clock[_CLOCK_VERSION] += 1.0

    def publish_edition(self) -> None:
        """Tell that the board holds other hyperparameters. Called under the board's lock."""
        self._words[_EDITION] += 1

    # ---- the others ------------------------------------------------------------------------------

    @property
    def attention(self) -> bool:
        """The gate must be asked before the next rollout."""
        return self._words[_ATTENTION] != 0

    @property
    def abandons_rollouts(self) -> bool:
        """Rollouts are not worth finishing."""
        return self._words[_STOPPING] != 0 and time.monotonic() >= self._abandon_at[0]

    @property
    def edition(self) -> int:
        """Counts the changes of what the board holds."""
        return self._words[_EDITION]

    def seconds(self) -> float:
        """Seconds of training so far.

        Raises:
            TrainingError: if the trainer's process ended while it was setting the clock.
        """
        clock = self._clock
        deadline = time.monotonic() + CLOCK_PATIENCE_S
        while time.monotonic() <= deadline:
            version = clock[_CLOCK_VERSION]
            seconds, since = clock[_CLOCK_SECONDS], clock[_CLOCK_SINCE]
            if version % 2.0 == 0.0 and clock[_CLOCK_VERSION] == version:
                return seconds if math.isnan(since) else seconds + time.perf_counter() - since
            time.sleep(_POLL_S)
        raise TrainingError(
            f"waited {CLOCK_PATIENCE_S:g} s for the clock: the process that sets it is gone"
        )


class SharedReservations:
    """What workers may still add before their next gate, where every process sees it."""

    def __init__(self, arrays: SharedArrays) -> None:
        self._env_steps = arrays.integers(_RESERVED_ENV_STEPS)
        self._updates = arrays.integers(_RESERVED_UPDATES)

    def __getitem__(self, slot: int) -> Reservation:
        """Of one worker."""
        return Reservation(self._env_steps[slot], self._updates[slot])

    def __setitem__(self, slot: int, reservation: Reservation) -> None:
        """By its worker, or by the gate while the worker stands there."""
        self._env_steps[slot] = reservation.env_steps
        self._updates[slot] = reservation.updates

    def env_steps(self) -> int:
        """Of all slots together."""
        return sum(self._env_steps)

    def __iter__(self) -> Iterator[Reservation]:
        """Of all slots."""
        return map(Reservation, self._env_steps, self._updates)


class _SharedSignal(NamedTuple):
    """A flag that another process sets and clears."""

    words: memoryview[int]
    place: int

    def is_set(self) -> bool:
        return self.words[self.place] != 0

    def wait(self, timeout: float | None = None) -> bool:
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        while not self.is_set():
            left_s = deadline - time.monotonic()
            if left_s <= 0.0:
                return False
            time.sleep(min(_POLL_S, left_s))
        return True
