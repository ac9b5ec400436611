"""Pushes that wait for the reader, as bare numbers.

Reports are objects of a dozen parts. Thousands of them, as in a moment in which the disk is slow,
would widen Python's heap for good: what it has taken it hardly gives back.
"""

from __future__ import annotations

import threading

from matinee.training.update_records import ROW_BYTES


class WaitingUpdates:
    """Of one worker, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        """Guards that what is added is added to what is there."""
        self._rows = bytearray()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._rows) // ROW_BYTES

    def add(self, rows: bytes | bytearray) -> None:
        """Add packed records."""
        with self._lock:
            self._rows += rows

    def take(self) -> bytearray:
        """Take all packed records."""
        with self._lock:
            rows, self._rows = self._rows, bytearray()
        return rows
