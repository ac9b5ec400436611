"""From the end of an episode to the screen, put together from what the page saw."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Arrival:
    """A batch of episodes in the page.

    Attributes:
        at_s: When, Unix time.
        committed_s: When the run wrote it down, Unix time.
        ended_s: Of each episode, seconds of training.
    """

    at_s: float
    committed_s: float
    ended_s: tuple[float, ...]


@dataclass(frozen=True)
class Draw:
    """One drawing of the chart.

    Attributes:
        drawn_s: When it began, Unix time.
        shown_s: When the frame after it began: it is on the screen.
    """

    drawn_s: float
    shown_s: float


def shown_after_s(arrivals: Sequence[Arrival], draws: Sequence[Draw]) -> list[float]:
    """For each episode the seconds from its end to the first drawing after it arrived.

    Training time has another zero than the clock. No batch can be written down before its last
    episode ended, so that the earliest zero that all batches allow is taken; what the run waits at
    least before it writes is missing then, which is next to nothing.

    Args:
        arrivals: In any order.
        draws: In order of time. Batches after the last of them are left out.
    """
    zero_s = min(each.committed_s - max(each.ended_s) for each in arrivals)
    begins = [each.drawn_s for each in draws]
    delays: list[float] = []
    for arrival in arrivals:
        index = bisect_left(begins, arrival.at_s)
        if index < len(draws):
            shown_s = draws[index].shown_s
            delays.extend(shown_s - (zero_s + ended_s) for ended_s in arrival.ended_s)
    return delays
