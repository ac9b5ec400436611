"""Whether the memory of a run grows without end."""

from __future__ import annotations

import math
from collections import deque
from statistics import median_low

from matinee.contracts.metrics import MetricSummary

WARM_UP_S = 60.0
"""Environments, optimizers and worker processes take what they need in the first minute."""
WINDOW_S = 1800.0
SHORTEST_S = 300.0
"""Before this nobody knows what a run needs."""
INTERVAL_S = 5.0


class MemoryCourse:
    """The memory along a run. Used by the host's thread alone.

    It begins anew, warm-up included, when the number of threads changes: new workers need more.
    """

    def __init__(self) -> None:
        self._readings: deque[tuple[float, float]] = deque()
        self._began_s: float | None = None
        self._threads = 0

    def growth(self, summary: MetricSummary | None, *, seconds: float, threads: int) -> float:
        r"""Share by which the memory grows in an hour, over the last half hour.

        $\min(m_2 - m_1,\ m_3 - m_2) / m_1$, scaled to an hour, where $m_i$ are the medians of the
        window's thirds. A leak goes on and shows in both differences; a single step up, whenever
        it comes, lies within one third or between two, and shows in one of them at most.

        nan without a reading, and before five minutes after the warm-up.

        Args:
            summary: Bytes that all processes of the run have.
            seconds: Of training so far.
            threads: How many the run has.
        """
        if self._began_s is None or threads != self._threads:
            self._threads = threads
            self._began_s = seconds
            self._readings.clear()
        if summary is None or seconds - self._began_s < WARM_UP_S:
            return math.nan
        known = self._readings
        if not known or seconds - known[-1][0] >= INTERVAL_S:
            known.append((seconds, summary.last))
        while known[0][0] < seconds - WINDOW_S:
            known.popleft()
        if seconds - known[0][0] < SHORTEST_S:
            return math.nan
        return _growth_an_hour(list(known))


def _growth_an_hour(readings: list[tuple[float, float]]) -> float:
    size = len(readings) // 3
    if size == 0:
        return math.nan
    thirds = (readings[:size], readings[size:-size], readings[-size:])
    # The lower one of the middle two: their mean would be half way up a step.
    first, second, third = (median_low(memory for _, memory in part) for part in thirds)
    hours = (thirds[2][0][0] - thirds[0][0][0]) / 2.0 / 3600.0
    return min(second - first, third - second) / first / hours
