"""How fast counters grow, over the last seconds."""

from __future__ import annotations

from collections import deque

_FEWEST_MARKS = 2
"""A rate is the difference between two looks, however far apart."""


class SlidingRate:
    """Rates of counters that are looked at again and again, by one thread.

    Args:
        window_s: Over at least so many seconds, once there are looks that far back.
    """

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._marks: deque[tuple[float, tuple[int, ...]]] = deque()

    def look(self, at_s: float, *counts: int) -> tuple[float, ...]:
        """Each counter's rate per second; 0 until there are two looks at different times.

        Args:
            at_s: Now, never earlier than at the look before.
            counts: As many each time.
        """
        marks = self._marks
        if not marks or marks[-1][0] < at_s:
            marks.append((at_s, counts))
        while len(marks) > _FEWEST_MARKS and at_s - marks[1][0] >= self._window_s:
            marks.popleft()
        then_s, earlier = marks[0]
        since_s = at_s - then_s
        if since_s <= 0.0:
            return (0.0,) * len(counts)
        return tuple(
            (count - before) / since_s for count, before in zip(counts, earlier, strict=True)
        )
