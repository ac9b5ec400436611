"""The mean of what was measured over intervals of unequal length."""

from __future__ import annotations

from collections.abc import Iterable


def mean_over_time(samples: Iterable[tuple[float, float]]) -> float:
    """Each sample counts for as long as it was measured.

    Args:
        samples: When each interval ended, in seconds since the first began, and the mean over it.
    """
    total, before_s = 0.0, 0.0
    for end_s, mean in samples:
        total += mean * (end_s - before_s)
        before_s = end_s
    return total / before_s
