"""Where a thread's time goes, and that it lives: one clock for each thread."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class PhaseTimes:
    """One look at a clock.

    Attributes:
        env_s: Seconds in `environment.step` so far.
        act_s: Choosing actions: forward passes and drawing.
        learn_s: Gradients, pulls and pushes.
        wait_s: Waiting for the pace or a turn.
        lock_s: Waiting for the lock of the weights.
        queue_s: Waiting for the sample queue or a predictor.
        beats: Steps, updates and waits done so far.
        is_excused: It waits on purpose: silence means nothing.
    """

    env_s: float = 0.0
    act_s: float = 0.0
    learn_s: float = 0.0
    wait_s: float = 0.0
    lock_s: float = 0.0
    queue_s: float = 0.0
    beats: int = 0
    is_excused: bool = True


class PhaseClock:
    """Adds up what its thread measures with `time.perf_counter`; no lock, no call to the system.

    Only its own thread adds; any thread may read, and may then miss the newest addition.
    """

    __slots__ = (
        "_act_s",
        "_beats",
        "_env_s",
        "_is_excused",
        "_learn_s",
        "_lock_s",
        "_queue_s",
        "_wait_s",
    )

    def __init__(self) -> None:
        self._env_s = 0.0
        self._act_s = 0.0
        self._learn_s = 0.0
        self._wait_s = 0.0
        self._lock_s = 0.0
        self._queue_s = 0.0
        self._beats = 0
        self._is_excused = True

    def stepped(self, *, act_s: float, env_s: float) -> None:
        """A step of all environments took so long."""
        self._act_s += act_s
        self._env_s += env_s
        self._beats += 1

    def learned(self, seconds: float) -> None:
        """A gradient, a pull or a push took so long."""
        self._learn_s += seconds
        self._beats += 1

    def pushed(self, seconds: float, *, lock_s: float) -> None:
        """A push took so long, of which its thread waited `lock_s` for others to leave the lock."""
        self._lock_s += lock_s
        self.learned(seconds - lock_s)

    def acted(self, seconds: float) -> None:
        """Choosing actions took so long; negative to take back what was no choosing."""
        self._act_s += seconds
        self._beats += 1

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Around every wait on purpose: for the pace or a turn."""
        began = self._begin_waiting()
        try:
            yield
        finally:
            self._wait_s += self._stop_waiting(began)

    @contextmanager
    def waiting_for_queue(self) -> Iterator[None]:
        """Around every wait for the sample queue or a predictor."""
        began = self._begin_waiting()
        try:
            yield
        finally:
            self._queue_s += self._stop_waiting(began)

    def stand(self) -> None:
        """The thread is about to be held at the gate: nothing is expected of it."""
        self._is_excused = True

    def go_on(self) -> None:
        """The thread has passed the gate."""
        self._is_excused = False

    def show(self, times: PhaseTimes) -> None:
        """Take over what a clock in another process has counted; its news are one sign of life."""
        self._env_s = times.env_s
        self._act_s = times.act_s
        self._learn_s = times.learn_s
        self._wait_s = times.wait_s
        self._lock_s = times.lock_s
        self._queue_s = times.queue_s
        self._beats += times.beats > 0
        self._is_excused = times.is_excused

    def read(self) -> PhaseTimes:
        """What has been added so far."""
        return PhaseTimes(
            env_s=self._env_s,
            act_s=self._act_s,
            learn_s=self._learn_s,
            wait_s=self._wait_s,
            lock_s=self._lock_s,
            queue_s=self._queue_s,
            beats=self._beats,
            is_excused=self._is_excused,
        )

    def _begin_waiting(self) -> float:
        self._is_excused = True
        return time.perf_counter()

    def _stop_waiting(self, began: float) -> float:
        self._beats += 1
        self._is_excused = False
        return time.perf_counter() - began
