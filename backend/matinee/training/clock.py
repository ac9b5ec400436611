"""Seconds of training: pauses are not counted."""

from __future__ import annotations

import threading
import time


class TrainingClock:
    """A stopwatch that any thread may read."""

    def __init__(self, *, seconds: float = 0.0) -> None:
        self._lock = threading.Lock()
        """Guards `_seconds` and `_running_since`, which change together."""
        self._seconds = seconds
        self._running_since: float | None = None

    def run(self) -> None:
        """Go on counting; no effect while it counts."""
        with self._lock:
            if self._running_since is None:
                self._running_since = time.perf_counter()

    def hold(self) -> None:
        """Stop counting; no effect while it stands."""
        with self._lock:
            if self._running_since is not None:
                self._seconds += time.perf_counter() - self._running_since
                self._running_since = None

    def seconds(self) -> float:
        """Seconds counted so far."""
        with self._lock:
            if self._running_since is None:
                return self._seconds
            return self._seconds + time.perf_counter() - self._running_since
