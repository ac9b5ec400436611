"""Seconds of training: pauses are not counted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import NamedTuple


class ClockReading(NamedTuple):
    """What a clock has counted.

    Attributes:
        seconds: Until it was started last.
        running_since: When that was, by `time.perf_counter`; None while it stands.
    """

    seconds: float
    running_since: float | None


class TrainingClock:
    """A stopwatch that any thread may read.

    Args:
        seconds: Counted before a resume.
        on_change: Called under the lock when it starts or stands.
    """

    def __init__(
        self, *, seconds: float = 0.0, on_change: Callable[[ClockReading], None] | None = None
    ) -> None:
        self._lock = threading.Lock()
        """Guards `_seconds` and `_running_since`, which change together."""
        self._seconds = seconds
        self._running_since: float | None = None
        self._on_change = on_change
        self._tell()

    def run(self) -> None:
        """Go on counting; no effect while it counts."""
        with self._lock:
            if self._running_since is None:
                self._running_since = time.perf_counter()
                self._tell()

    def hold(self) -> None:
        """Stop counting; no effect while it stands."""
        with self._lock:
            if self._running_since is not None:
                self._seconds += time.perf_counter() - self._running_since
                self._running_since = None
                self._tell()

    def seconds(self) -> float:
        """Seconds counted so far."""
        with self._lock:
            if self._running_since is None:
                return self._seconds
            return self._seconds + time.perf_counter() - self._running_since

    def _tell(self) -> None:
        if self._on_change is not None:
            self._on_change(ClockReading(self._seconds, self._running_since))
