"""How often the record is brought up to date: as often as people see, as rarely as training likes.

The thread that does it shares the interpreter's lock with those that train: what it takes, they
lack. While somebody watches it may take `SHARE` of a core in the long run. How many flushes a
second that makes depends on the processor: ten on a fast one, and on the slowest about four, which
may then take more.
"""

from __future__ import annotations

import time
from collections.abc import Callable

FLUSH_INTERVAL_S = 0.1
LONGEST_FLUSH_INTERVAL_S = 0.25
"""While it is watched."""
UNWATCHED_FLUSH_INTERVAL_S = 1.0
"""While no server is there to pass it on: the terminal's numbers need no more, and each flush
takes processor time from the training."""
SHARE = 0.015
CREDIT_S = 0.3
"""Of processor time, not used before: the first seconds of a run, and the first after somebody
came, are told at the full pace, whatever that takes."""


class FlushPace:
    """One for each run; used by the thread that flushes alone.

    Args:
        now_s: A clock.
        worked_s: Processor time of the calling thread so far.
    """

    def __init__(
        self,
        *,
        now_s: Callable[[], float] = time.monotonic,
        worked_s: Callable[[], float] = time.thread_time,
    ) -> None:
        self._now_s = now_s
        self._worked_s = worked_s
        self._then = now_s(), worked_s()
        self._credit_s = CREDIT_S

    def wait_s(self, *, is_watched: bool) -> float:
        """How long to wait before the next flush; called once after each.

        Args:
            is_watched: A server passes on what is written.
        """
        (then_s, worked_then_s), self._then = self._then, (self._now_s(), self._worked_s())
        now_s, worked_s = self._then
        credit_s = self._credit_s + SHARE * (now_s - then_s) - (worked_s - worked_then_s)
        # A checkpoint takes as much as many flushes: those that follow must not pay for it all.
        self._credit_s = min(max(credit_s, -SHARE * LONGEST_FLUSH_INTERVAL_S), CREDIT_S)
        if not is_watched:
            return UNWATCHED_FLUSH_INTERVAL_S
        return max(FLUSH_INTERVAL_S, -self._credit_s / SHARE)
