"""Counters that many threads add to without a lock and without losing a count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class Numbers(Protocol):
    """Integers at fixed places: a list, or memory that processes share."""

    def __getitem__(self, place: int, /) -> int:
        """The number there."""

    def __setitem__(self, place: int, number: int, /) -> None:
        """Put another there."""

    def __iter__(self) -> Iterator[int]:
        """All of them."""


class SlotCounter:
    """One slot for each worker, written by that worker alone; the total is their sum.

    `total += n` from several threads loses counts, because reading and writing are two steps.
    Here no two threads write to the same place.

    Args:
        workers: How many count.
        base: What was counted before a resume.
        slots: Where each counts, if not in memory of this process alone.
    """

    def __init__(self, workers: int, *, base: int = 0, slots: Numbers | None = None) -> None:
        self.base = base
        """What was counted before a resume."""
        self._slots = [0] * workers if slots is None else slots

    def add(self, worker: int, amount: int) -> None:
        """Count `amount`. Called by the thread of `worker` alone."""
        self._slots[worker] += amount

    def total(self) -> int:
        """All counts, and those from before a resume. Any thread may ask."""
        return self.base + sum(self._slots)

    def others(self, worker: int) -> int:
        """All counts but this worker's own since the start."""
        return self.total() - self._slots[worker]

    def own(self, worker: int) -> int:
        """What this worker has counted since the start."""
        return self._slots[worker]
