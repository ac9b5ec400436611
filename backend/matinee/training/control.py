"""Pause, resume, step and stop, at rollout boundaries.

Workers pass the gate before each rollout. While nobody wants anything the gate costs one attribute
read; otherwise they meet here under a lock and wait, in bounded slices.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from matinee.training.clock import TrainingClock
from matinee.training.counters import SlotCounter
from matinee.training.outcome import StopCause

_WAIT_SLICE_S = 0.5
"""Longest wait at the gate before looking again; wakes come by notification."""

STOP_GRACE_S = 2.0
"""After a stop, rollouts that are not finished within this are abandoned."""

_ABANDONING = (StopCause.ABORTED, StopCause.FAILED)
"""Causes for which no rollout is worth finishing."""


@dataclass(frozen=True)
class _StepLimit:
    unit: Literal["env_steps", "updates"]
    until: int


class TrainingControl:
    """What the host says and what the workers obey. One for each run.

    Args:
        workers: How many worker threads there will be.
        clock: Counts while at least one worker is between its gates.
        env_steps: Done so far, by worker.
        updates: Pushed so far, by worker.
        on_wake: Called, on any thread and perhaps under the gate's lock, when training has come to
            a stand or has been told to stop. It must not block.
    """

    def __init__(
        self,
        workers: int,
        *,
        clock: TrainingClock,
        env_steps: SlotCounter,
        updates: SlotCounter,
        on_wake: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._env_steps = env_steps
        self._updates = updates
        self._on_wake = on_wake
        self.hurry = threading.Event()
        """Set while somebody waits for the next boundary: waits that only slow down end early."""
        self.stopping = threading.Event()
        """Set once training has been told to stop."""
        self._gate = threading.Condition()
        """Guards everything below; workers and the host meet on it."""
        self._outside = set(range(workers))
        self._ended: set[int] = set()
        self._workers = workers
        self._holding = False
        self._limit: _StepLimit | None = None
        self._changes_pending = False
        self._cause: StopCause | None = None
        self._reason = ""
        self._announced = False
        self._abandon_at = float("inf")
        self._attention = True
        # Env steps that a worker's rollout may still add. A slot is written by its worker without
        # the lock, so that the gate is free when nobody wants anything.
        self._reserved = [0] * workers

    # ---- the host's side -------------------------------------------------------------------------

    def pause(self) -> None:
        """Let every worker stand at its next boundary; see `paused`."""
        with self._gate:
            self._holding = True
            self._limit = None
            self._announced = False
            self._refresh()
            self._announce_stand()

    def resume(self) -> None:
        """Go on after a pause or a step."""
        with self._gate:
            self._holding = False
            self._limit = None
            self._refresh()

    def step(self, *, env_steps: int | None = None, updates: int | None = None) -> None:
        """Run to the first boundary at or after that many more env steps or updates, then pause.

        No rollout begins that is not needed to get there.

        Raises:
            ValueError: unless exactly one of the two is given.
        """
        if (env_steps is None) == (updates is None):
            raise ValueError("give either env_steps or updates")
        with self._gate:
            if env_steps is not None:
                self._limit = _StepLimit("env_steps", self._env_steps.total() + env_steps)
            elif updates is not None:
                self._limit = _StepLimit("updates", self._updates.total() + updates)
            self._holding = False
            self._refresh()

    def stop(self, cause: StopCause, reason: str) -> None:
        """End training: after the present rollouts, or at the next env step if aborted or failed.

        The first cause stays; only an abort or a failure overrides a stop that is still under way.
        """
        with self._gate:
            if self._cause is None or (cause in _ABANDONING and self._cause not in _ABANDONING):
                self._cause = cause
                self._reason = reason
            self._abandon_at = min(self._abandon_at, time.monotonic() + STOP_GRACE_S)
            self.stopping.set()
            self._refresh()
        self._on_wake()

    @property
    def paused(self) -> bool:
        """Every worker that has not ended stands at the gate, and is held there."""
        with self._gate:
            return self._holding and self._stands() and not self._all_ended()

    @property
    def pausing(self) -> bool:
        """A pause is wanted, or has come about."""
        return self._holding

    @property
    def stop_cause(self) -> StopCause | None:
        """Why training stops; None while it does not."""
        return self._cause

    @property
    def stop_reason(self) -> str:
        """Why, in words."""
        return self._reason

    def changes_pending(self, pending: bool) -> None:
        """Hyperparameters wait for the next boundary, or no longer do."""
        with self._gate:
            self._changes_pending = pending
            self._refresh()

    # ---- the workers' side -----------------------------------------------------------------------

    @property
    def abandons_rollouts(self) -> bool:
        """Rollouts are not worth finishing: training is aborted, has failed, or should be over."""
        cause = self._cause
        return cause is not None and (cause in _ABANDONING or time.monotonic() > self._abandon_at)

    def may_begin(self, worker: int, *, env_steps: int, on_standing: Callable[[], None]) -> bool:
        """Pass the gate, waiting as long as training is held. Called by the worker's thread.

        Args:
            worker: Who asks.
            env_steps: The most env steps that the rollout can add.
            on_standing: Called before waiting.

        Returns:
            False if training stops.
        """
        if not self._attention:
            self._reserved[worker] = env_steps
            return True
        on_standing()
        with self._gate:
            self._reserved[worker] = 0
            self._outside.add(worker)
            self._gate.notify_all()
            while self._cause is None:
                self._hold_if_there()
                if not self._holding and self._fits():
                    self._outside.discard(worker)
                    self._reserved[worker] = env_steps
                    self._announced = False
                    self._clock.run()
                    self._refresh()
                    return True
                self._announce_stand()
                self._gate.wait(_WAIT_SLICE_S)
            return False

    def end(self, worker: int) -> None:
        """The worker's thread passes no further gate."""
        with self._gate:
            self._reserved[worker] = 0
            self._ended.add(worker)
            self._outside.add(worker)
            if self._stands():
                self._clock.hold()
            self._gate.notify_all()

    # ---- under the lock --------------------------------------------------------------------------

    def _stands(self) -> bool:
        return len(self._outside) == self._workers

    def _all_ended(self) -> bool:
        return len(self._ended) == self._workers

    def _announce_stand(self) -> None:
        if self._holding and self._stands() and not self._announced:
            self._announced = True
            self._clock.hold()
            self._on_wake()

    def _hold_if_there(self) -> None:
        if self._limit is not None and self._done() >= self._limit.until:
            self._limit = None
            self._holding = True
            self._refresh()

    def _done(self) -> int:
        assert self._limit is not None
        counter = self._env_steps if self._limit.unit == "env_steps" else self._updates
        return counter.total()

    def _fits(self) -> bool:
        """Whether one more rollout is needed to get to the limit, if there is one."""
        if self._limit is None:
            return True
        in_flight = (
            sum(self._reserved)
            if self._limit.unit == "env_steps"
            else sum(map(bool, self._reserved))
        )
        return self._done() + in_flight < self._limit.until

    def _refresh(self) -> None:
        stopping = self._cause is not None
        self._attention = (
            stopping
            or self._holding
            or self._limit is not None
            or bool(self._outside - self._ended)
        )
        if stopping or self._holding or self._changes_pending:
            self.hurry.set()
        else:
            self.hurry.clear()
        self._gate.notify_all()
