"""Counters that many threads add to without a lock and without losing a count."""

from __future__ import annotations


class SlotCounter:
    """One slot for each worker, written by that worker alone; the total is their sum.

    `total += n` from several threads loses counts, because reading and writing are two steps.
    Here no two threads write to the same place.
    """

    def __init__(self, workers: int, *, base: int = 0) -> None:
        self._base = base
        self._slots = [0] * workers

    def add(self, worker: int, amount: int) -> None:
        """Count `amount`. Called by the thread of `worker` alone."""
        self._slots[worker] += amount

    def total(self) -> int:
        """All counts, and those from before a resume. Any thread may ask."""
        return self._base + sum(self._slots)

    def others(self, worker: int) -> int:
        """All counts but this worker's own since the start."""
        return self.total() - self._slots[worker]

    def own(self, worker: int) -> int:
        """What this worker has counted since the start."""
        return self._slots[worker]
