"""Keeps the table of threads: counters that exist anyway, read at a flush and set side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from matinee.contracts.alerts import ALERT_RULES
from matinee.contracts.progress import Progress
from matinee.contracts.workers import (
    LagRange,
    WorkerProcess,
    WorkerState,
    WorkerTable,
    WorkerThread,
)
from matinee.training.heartbeats import Heartbeat
from matinee.training.run_observer import Drained
from matinee.training.sliding_rate import SlidingRate
from matinee.training.telemetry import ProcessStatus, WorkerStatus
from matinee.training.thread_readings import ThreadReading
from matinee.worker.alert_signals import is_silent

TABLE_INTERVAL_S = 1.0
"""Seconds of training between two tables, unless a thread's state has changed."""
SPEED_WINDOW_S = 3.0
"""Long enough for several rollouts of a slow environment, short enough to see it slow down."""
WORKER_STALLED = "worker_stalled"
_ENDED: frozenset[WorkerState] = frozenset({"finished", "failed"})

StackOf = Callable[[str], str | None]


@dataclass
class _Course:
    """What one row is known to have done."""

    episodes: int = 0
    last_return: float | None = None
    rate: SlidingRate = field(default_factory=lambda: SlidingRate(SPEED_WINDOW_S))
    """Of env steps and updates, by seconds of training."""
    lags: list[NDArray[np.float64]] = field(default_factory=list)

    def take_lags(self) -> LagRange | None:
        """Of the updates since the last call."""
        lags, self.lags = np.concatenate([np.empty(0), *self.lags]), []
        if len(lags) == 0:
            return None
        return LagRange(min=float(lags.min()), mean=float(lags.mean()), max=float(lags.max()))


class WorkerBook:
    """One for each training; used by the host's thread alone.

    Args:
        stack_of: Where a thread stands, by its name; None if there is none.
    """

    def __init__(self, *, stack_of: StackOf) -> None:
        self._stack_of = stack_of
        self._courses: dict[int, _Course] = {}
        self._episodes: list[tuple[NDArray[np.int64], NDArray[np.float64]]] = []
        """Workers and returns since metrics were due: sorted only then, which is cheaper."""
        self._errors: dict[int, str] = {}
        self._ended: set[int] = set()
        self._processes: dict[int, WorkerProcess] = {}
        self._told_at_s = -math.inf
        self._told_states: list[tuple[str, WorkerState]] = []
        self._told_totals = (0, 0, 0)
        self._stacks: dict[str, str | None] = {}

    def look(
        self,
        drained: Drained,
        progress: Progress,
        *,
        thresholds: Mapping[str, float],
        stands: bool,
    ) -> WorkerTable | None:
        """Take in what a flush has brought; a table, if one is due.

        Args:
            drained: Of the flush.
            progress: As of the flush.
            thresholds: Of alert rules, where the run has its own.
            stands: Training is paused.
        """
        self._episodes.append((drained.episodes.worker, drained.episodes.returns))
        self._note_statuses(drained.worker_statuses)
        self._note_processes(drained.process_statuses)
        if not drained.is_measured:
            return None
        self._note_episodes()
        patience_s = thresholds.get(WORKER_STALLED, ALERT_RULES[WORKER_STALLED].threshold)
        heartbeats = {heartbeat.thread: heartbeat for heartbeat in drained.heartbeats}
        states: list[tuple[str, WorkerState]] = []
        for reading in drained.threads:
            if len(reading.lags) > 0 and reading.slot is not None:
                self._course(reading.slot).lags.append(reading.lags)
            heartbeat = heartbeats.get(reading.thread)
            hangs = heartbeat is not None and is_silent(heartbeat) and heartbeat.age_s > patience_s
            states.append((reading.thread, self._state_of(reading, hangs=hangs, stands=stands)))
        is_due = progress.seconds - self._told_at_s >= TABLE_INTERVAL_S
        totals = self._totals(drained.threads)
        # A thread may have ended between two looks of one flush: what it did last comes in the next
        # one, and after that nobody is there any more to make a table due.
        have_ended = all(state in _ENDED for _, state in states)
        is_last = have_ended and totals != self._told_totals
        if not is_due and not is_last and states == self._told_states:
            return None
        self._told_at_s, self._told_states, self._told_totals = progress.seconds, states, totals
        self._look_at_stacks({thread for thread, state in states if state == "hanging"})
        return WorkerTable(
            at=datetime.now(UTC),
            env_step=progress.env_steps,
            seconds=progress.seconds,
            threads=[
                self._row(reading, state, progress.seconds, heartbeats.get(reading.thread))
                for reading, (_, state) in zip(drained.threads, states, strict=True)
            ],
            processes=list(self._processes.values()),
        )

    def _totals(self, readings: Sequence[ThreadReading]) -> tuple[int, int, int]:
        return (
            sum(reading.env_steps for reading in readings),
            sum(reading.updates for reading in readings),
            sum(course.episodes for course in self._courses.values()),
        )

    def _course(self, slot: int) -> _Course:
        return self._courses.setdefault(slot, _Course())

    def _note_episodes(self) -> None:
        workers, returns = map(np.concatenate, zip(*self._episodes, strict=True))
        self._episodes = []
        for worker in np.unique(workers).tolist():
            own = returns[workers == worker]
            course = self._course(worker)
            course.episodes += len(own)
            finite = own[np.isfinite(own)]
            if len(finite) > 0:
                course.last_return = float(finite[-1])

    def _note_statuses(self, statuses: Sequence[WorkerStatus]) -> None:
        for status in statuses:
            if status.status == "running":
                self._ended.discard(status.worker)
            else:
                self._ended.add(status.worker)
            if status.error is None:
                self._errors.pop(status.worker, None)
            else:
                self._errors[status.worker] = status.error

    def _note_processes(self, statuses: Sequence[ProcessStatus]) -> None:
        for status in statuses:
            self._processes[status.process] = WorkerProcess(
                process=status.process,
                pid=status.pid,
                state=status.status,
                start_s=status.start_s,
                error=status.error,
            )

    def _error_of(self, reading: ThreadReading) -> str | None:
        own = None if reading.slot is None else self._errors.get(reading.slot)
        return reading.error or own

    def _state_of(self, reading: ThreadReading, *, hangs: bool, stands: bool) -> WorkerState:
        if self._error_of(reading) is not None:
            return "failed"
        if not reading.lives:
            has_been = reading.has_lived or reading.slot in self._ended
            return "finished" if has_been else "starting"
        if hangs:
            return "hanging"
        if reading.is_starting:
            return "starting"
        return "paused" if stands else "running"

    def _look_at_stacks(self, hanging: set[str]) -> None:
        """Once for each thread that hangs: it stands where it stands, and looking takes time."""
        self._stacks = {
            thread: self._stacks[thread] if thread in self._stacks else self._stack_of(thread)
            for thread in hanging
        }

    def _row(
        self,
        reading: ThreadReading,
        state: WorkerState,
        seconds: float,
        heartbeat: Heartbeat | None,
    ) -> WorkerThread:
        course = _Course() if reading.slot is None else self._course(reading.slot)
        steps_per_second, updates_per_second = course.rate.look(
            seconds, reading.env_steps, reading.updates
        )
        moves = state == "running"
        return WorkerThread(
            thread=reading.thread,
            role=reading.role,
            worker=reading.worker,
            process=reading.process,
            state=state,
            env_steps=reading.env_steps,
            steps_per_second=steps_per_second if moves else 0.0,
            updates=reading.updates,
            updates_per_second=updates_per_second if moves else 0.0,
            episodes=0 if reading.worker is None else course.episodes,
            last_return=None if reading.worker is None else course.last_return,
            policy_lag=course.take_lags(),
            silent_s=None if heartbeat is None or not reading.lives else heartbeat.age_s,
            usual_interval_s=None if heartbeat is None else heartbeat.interval_s,
            error=self._error_of(reading),
            stack=self._stacks.get(reading.thread),
        )
