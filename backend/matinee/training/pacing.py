"""Holding training to a speed at which a person can watch.

Waits end early while somebody waits for the next rollout boundary (`hurry`), so that steering takes
effect within milliseconds. What was run too fast is then paid back by running at half the limit.
"""

from __future__ import annotations

import threading
import time
from contextlib import AbstractContextManager
from typing import Protocol

_SHORTEST_WAIT_S = 0.001
"""Shorter waits than this cost more than they slow down; they add up until they are worth it."""

_LARGEST_DEBT_S = 2.0
"""However much is steered, training never crawls for longer than this to keep the average."""


_FREE_AT, _DEBT_S = range(2)


class Signal(Protocol):
    """What can be waited for: a `threading.Event`, or one that another process sets."""

    def is_set(self) -> bool:
        """Whether it has come."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for it; False if it has not come in time."""


class Times(Protocol):
    """Seconds at fixed places: a list, or memory that processes share."""

    def __getitem__(self, place: int, /) -> float:
        """The seconds there."""

    def __setitem__(self, place: int, seconds: float, /) -> None:
        """Put others there."""


class Pacer:
    """A speed limit over all workers together, spread over the steps of their rollouts.

    Args:
        hurry: Somebody waits for the next rollout boundary.
        times: Two, zeros at first, if not in memory of this process alone.
        lock: Guards them, if threads of other processes see them too.
    """

    def __init__(
        self,
        hurry: Signal,
        *,
        times: Times | None = None,
        lock: AbstractContextManager[object] | None = None,
    ) -> None:
        self._hurry = hurry
        self._lock = threading.Lock() if lock is None else lock
        """Guards `_times`. Taken only while there is a limit."""
        # When the next step is free, by `time.perf_counter`, and what is still to be paid back.
        self._times = [0.0, 0.0] if times is None else times

    def limit(self, env_steps: int, *, per_second: float) -> None:
        """Wait until `env_steps` more fit under the limit. Called by workers after each step.

        Args:
            env_steps: Steps just done.
            per_second: The limit; 0 means none.
        """
        if per_second == 0.0:
            return
        share_s = env_steps / per_second
        with self._lock:
            now = time.perf_counter()
            debt_s = self._times[_DEBT_S]
            if self._hurry.is_set():
                self._times[_DEBT_S] = min(_LARGEST_DEBT_S, debt_s + share_s)
                self._times[_FREE_AT] = now
                return
            repayment_s = min(debt_s, share_s)
            self._times[_DEBT_S] = debt_s - repayment_s
            # A limit that was not reached leaves no credit beyond one step's share.
            free_at = max(self._times[_FREE_AT], now - share_s) + share_s + repayment_s
            self._times[_FREE_AT] = free_at
            wait_s = free_at - now
        if wait_s >= _SHORTEST_WAIT_S:
            self._hurry.wait(wait_s)

    def delay(self, seconds: float) -> None:
        """Wait this long; 0 means not at all. Called by workers after each step."""
        if seconds > 0.0:
            self._hurry.wait(seconds)
