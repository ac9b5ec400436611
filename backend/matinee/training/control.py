"""Pause, resume, step and stop, at rollout boundaries.

Workers pass the gate before each rollout. While nobody wants anything the gate costs one attribute
read; otherwise they meet here under a lock and wait, in bounded slices. Workers may join and be
retired at any time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from matinee.training.clock import TrainingClock
from matinee.training.counters import SlotCounter
from matinee.training.outcome import StopCause
from matinee.training.slots import SLOTS

_WAIT_SLICE_S = 0.5
"""Longest wait at the gate before looking again; wakes come by notification."""

STOP_GRACE_S = 2.0
"""After a stop, rollouts that are not finished within this are abandoned."""

STANDSTILL_S = 10.0
"""Without any env step for this long, whoever is under way has hung, and nobody waits for it."""

_ABANDONING = (StopCause.ABORTED, StopCause.FAILED)
"""Causes for which no rollout is worth finishing."""


StepUnit = Literal["env_steps", "updates"]


class Reservation(NamedTuple):
    """The most that a worker adds between two gates."""

    env_steps: int
    updates: int

    def of(self, unit: StepUnit) -> int:
        """The part counted in this unit."""
        return self.env_steps if unit == "env_steps" else self.updates


_NOTHING = Reservation(0, 0)


class Reservations(Protocol):
    """What each worker may still add before its next gate, by slot.

    A worker writes its own without the lock, so that the gate is free when nobody wants anything.
    """

    def __getitem__(self, slot: int, /) -> Reservation:
        """Of one worker."""

    def __setitem__(self, slot: int, reservation: Reservation, /) -> None:
        """Put another there."""

    def __iter__(self) -> Iterator[Reservation]:
        """Of all slots."""


class GateSignals(NamedTuple):
    """What workers look at between their gates.

    Attributes:
        attention: The gate wants to be asked before the next rollout.
        hurry: Somebody waits for the next boundary.
        stopping: Training has been told to stop.
        abandon_at: From when on no rollout is worth finishing, by `time.monotonic`.
    """

    attention: bool
    hurry: bool
    stopping: bool
    abandon_at: float


@dataclass(frozen=True)
class _StepLimit:
    unit: StepUnit
    until: int


class _Patience:
    """How long a worker at the gate has seen no env step of anybody."""

    def __init__(self) -> None:
        self._done = -1
        self._since_s = 0.0

    def is_over(self, env_steps: int) -> bool:
        """Whether there is no point in waiting for others."""
        now_s = time.monotonic()
        if env_steps != self._done:
            self._done, self._since_s = env_steps, now_s
        return now_s - self._since_s > STANDSTILL_S


class TrainingControl:
    """What the host says and what the workers obey. One for each run.

    Args:
        clock: Counts while at least one worker is between its gates.
        env_steps: Done so far, by worker.
        updates: Pushed so far, by worker.
        on_wake: Called, on any thread and perhaps under the gate's lock, when training has come to
            a stand or has been told to stop. It must not block.
        env_step_budget: Where training ends. Towards it no rollout begins that is not needed to
            get there; None: nowhere.
        on_signals: Called under the gate's lock with what workers of other processes must see.
        reservations: Where workers write theirs, if not in memory of this process alone.
    """

    def __init__(
        self,
        *,
        clock: TrainingClock,
        env_steps: SlotCounter,
        updates: SlotCounter,
        on_wake: Callable[[], None],
        env_step_budget: int | None = None,
        on_signals: Callable[[GateSignals], None] | None = None,
        reservations: Reservations | None = None,
    ) -> None:
        self._clock = clock
        self._env_steps = env_steps
        self._updates = updates
        self._on_wake = on_wake
        self._env_step_budget = env_step_budget
        self._on_signals = on_signals
        self.hurry = threading.Event()
        """Set while somebody waits for the next boundary: waits that only slow down end early."""
        self.stopping = threading.Event()
        """Set once training has been told to stop."""
        self._gate = threading.Condition()
        """Guards everything below; workers and the host meet on it."""
        self._members: set[int] = set()
        self._outside: set[int] = set()
        self._starting: set[int] = set()
        self._retired: set[int] = set()
        self._holding = False
        self._limit: _StepLimit | None = None
        self._milestone: int | None = None
        self._passes_milestone = False
        self._changes_pending = False
        self._is_near_end = False
        self._cause: StopCause | None = None
        self._reason = ""
        self._announced = False
        self._abandon_at = float("inf")
        self._attention = True
        self._reserved: Reservations = [_NOTHING] * SLOTS if reservations is None else reservations
        with self._gate:
            self._refresh()

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

    def hold_at(self, env_step: int | None) -> None:
        """Let every worker stand at the first boundary at or after an env step, and go on later.

        No rollout begins that is not needed to get there. It is no pause: whoever asked for it sees
        to it, as soon as `is_at_milestone`, and then asks for the next one, or for none (None).
        """
        with self._gate:
            self._milestone = env_step
            self._passes_milestone = False
            self._announced = False
            self._refresh()
            self._announce_stand()

    @property
    def is_at_milestone(self) -> bool:
        """Every worker stands where `hold_at` wants it; or one has hung, and the rest go on."""
        with self._gate:
            return self._passes_milestone or (self._stands_at_milestone() and not self._is_over())

    def stop(self, cause: StopCause, reason: str) -> None:
        """End training: after the present rollouts, or at the next env step if aborted or failed.

        The first cause stays; only an abort or a failure overrides a stop that is still under way.
        """
        with self._gate:
            is_news = self._cause is None or (
                cause in _ABANDONING and self._cause not in _ABANDONING
            )
            if is_news:
                self._cause = cause
                self._reason = reason
            self._abandon_at = min(self._abandon_at, time.monotonic() + STOP_GRACE_S)
            self.stopping.set()
            self._refresh()
        if is_news:
            # The host asks for the budget each time it looks: waking it for the same answer would
            # make it look, and commit, without end.
            self._on_wake()

    @property
    def paused(self) -> bool:
        """Every worker stands at the gate, and is held there."""
        with self._gate:
            return self._holding and self._stands() and not self._is_over()

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

    def admit(self, workers: Iterable[int]) -> None:
        """Workers join; each stands outside until it passes its first gate."""
        with self._gate:
            for worker in workers:
                self._members.add(worker)
                self._outside.add(worker)
                self._starting.add(worker)
                self._retired.discard(worker)
            self._refresh()

    def retire(self, workers: Iterable[int]) -> None:
        """Let workers pass no further gate: each ends at its next boundary."""
        with self._gate:
            self._retired.update(self._members.intersection(workers))
            self._refresh()

    def members(self) -> frozenset[int]:
        """Who has joined and not ended."""
        with self._gate:
            return frozenset(self._members)

    def starting(self) -> frozenset[int]:
        """Who has joined and not come to its first gate: it builds its environments, perhaps."""
        with self._gate:
            return frozenset(self._starting)

    # ---- the workers' side -----------------------------------------------------------------------

    @property
    def abandons_rollouts(self) -> bool:
        """Rollouts are not worth finishing: training is aborted, has failed, or should be over."""
        cause = self._cause
        return cause is not None and (cause in _ABANDONING or time.monotonic() > self._abandon_at)

    def env_steps_reserved(self) -> int:
        """The most that the rollouts that are being played may still add."""
        return sum(reserved.env_steps for reserved in self._reserved)

    def near_end(self) -> None:
        """From now on every rollout may be one too many for the budget."""
        with self._gate:
            self._is_near_end = True
            self._refresh()

    def may_begin(
        self, worker: int, *, reserves: Reservation, on_standing: Callable[[], None]
    ) -> bool:
        """Pass the gate, waiting as long as training is held. Called by the worker's thread.

        Args:
            worker: Who asks.
            reserves: The most that will be added before the next gate.
            on_standing: Called before waiting.

        Returns:
            False if training stops or the worker is retired.
        """
        if not self._attention:
            self._reserved[worker] = reserves
            return True
        on_standing()
        with self._gate:
            self._reserved[worker] = _NOTHING
            self._outside.add(worker)
            self._starting.discard(worker)
            self._gate.notify_all()
            patience = _Patience()
            while self._cause is None and worker not in self._retired:
                self._hold_if_there()
                if self._holding:
                    patience = _Patience()
                elif self._fits_limit(reserves) and (
                    (self._fits_budget(reserves) and self._fits_milestone(reserves))
                    or self._waits_in_vain(patience)
                ):
                    self._outside.discard(worker)
                    self._reserved[worker] = reserves
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
            self._reserved[worker] = _NOTHING
            self._members.discard(worker)
            self._outside.discard(worker)
            self._starting.discard(worker)
            self._retired.discard(worker)
            if self._stands():
                self._clock.hold()
            self._announce_stand()
            self._refresh()

    # ---- under the lock --------------------------------------------------------------------------

    def _stands(self) -> bool:
        return self._outside == self._members

    def _is_over(self) -> bool:
        return self._cause is not None and not self._members

    def _stands_at_milestone(self) -> bool:
        return (
            self._milestone is not None
            and self._stands()
            and self._env_steps.total() >= self._milestone
        )

    def _announce_stand(self) -> None:
        is_held = self._holding or self._stands_at_milestone()
        if is_held and self._stands() and not self._announced:
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

    def _fits_budget(self, reserves: Reservation) -> bool:
        """Whether the worker is needed to get to the budget's end."""
        if self._env_step_budget is None or reserves.env_steps == 0:
            return True
        under_way = self.env_steps_reserved()
        # Where nothing is under way somebody has to begin, and be told that the end is reached.
        return under_way == 0 or self._env_steps.total() + under_way < self._env_step_budget

    def _fits_limit(self, reserves: Reservation) -> bool:
        """Whether the worker is needed to get to the limit."""
        if self._limit is None:
            return True
        until, done, unit = self._limit.until, self._done(), self._limit.unit
        if reserves.of(unit) == 0:
            # It adds nothing itself, but others may need what it makes.
            return done < until
        return done + sum(reserved.of(unit) for reserved in self._reserved) < until

    def _fits_milestone(self, reserves: Reservation) -> bool:
        """Whether the worker is needed to get to the milestone."""
        if self._milestone is None or self._passes_milestone:
            return True
        done = self._env_steps.total()
        if reserves.env_steps == 0:
            return done < self._milestone
        return done + self.env_steps_reserved() < self._milestone

    def _waits_in_vain(self, patience: _Patience) -> bool:
        """Whether somebody under way has hung; then a milestone holds nobody any more."""
        if self._stands_at_milestone() or not patience.is_over(self._env_steps.total()):
            return False
        if self._milestone is not None and not self._passes_milestone:
            self._passes_milestone = True
            self._on_wake()
        return True

    def _refresh(self) -> None:
        stopping = self._cause is not None
        self._attention = (
            stopping
            or self._holding
            or self._limit is not None
            or self._milestone is not None
            or self._is_near_end
            or bool(self._retired)
            or bool(self._outside)
        )
        if stopping or self._holding or self._changes_pending:
            self.hurry.set()
        else:
            self.hurry.clear()
        if self._on_signals is not None:
            abandons = self._cause in _ABANDONING
            self._on_signals(
                GateSignals(
                    attention=self._attention,
                    hurry=self.hurry.is_set(),
                    stopping=stopping,
                    abandon_at=0.0 if abandons else self._abandon_at,
                )
            )
        self._gate.notify_all()
