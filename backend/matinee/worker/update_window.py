"""A metric over the last so many updates, however many of them a flush brings."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class _Stretch:
    """Some updates in a row, and the metric over them."""

    begin: int
    end: int
    value: float


class UpdateWindow:
    """Moves on flush by flush. Used by the host's thread alone.

    At 3000 updates a second a flush brings 300: then the newest flush alone may be the window. At
    one a second, a window of 50 updates holds 50 flushes.

    Args:
        over_updates: The window is as short as it can be without being shorter than this.
        statistic: Of the stretches, weighted by their updates. The median for metrics that a
            single batch can spoil.
    """

    def __init__(self, over_updates: int, statistic: Literal["mean", "median"]) -> None:
        self._over_updates = over_updates
        self._statistic = statistic
        self._stretches: deque[_Stretch] = deque()
        self._end: int | None = None

    def add(self, value: float, *, updates: int) -> float:
        """The metric over the window; nan before there were so many updates.

        Args:
            value: Over the updates since the last call; not nan.
            updates: Of the run so far.
        """
        begin, self._end = self._end, updates
        if begin is None or updates <= begin:
            # Of how many updates the first value tells is not known.
            return math.nan
        known = self._stretches
        known.append(_Stretch(begin, updates, value))
        while len(known) > 1 and updates - known[1].begin >= self._over_updates:
            known.popleft()
        if updates - known[0].begin < self._over_updates:
            return math.nan
        weights = [stretch.end - stretch.begin for stretch in known]
        if self._statistic == "mean":
            products = (stretch.value * w for stretch, w in zip(known, weights, strict=True))
            return math.fsum(products) / sum(weights)
        return _weighted_median([stretch.value for stretch in known], weights)


def _weighted_median(values: list[float], weights: list[int]) -> float:
    """The least value up to which half of the weight lies."""
    half, reached = sum(weights) / 2.0, 0
    for value, weight in sorted(zip(values, weights, strict=True)):
        reached += weight
        if reached >= half:
            return value
    return math.nan
