"""How long to wait before trying again."""

from __future__ import annotations

import random
from collections.abc import Callable

BASE_S = 0.5
SHORT_CAP_S = 2.0
"""In the first half minute or so: after a short outage everybody is back soon."""
SHORT_FAILURES = 20
CAP_S = 20.0
"""Later on: a server that says nothing is not asked by everybody all the time."""


class Backoff:
    """Exponential back-off with full jitter.

        wait ~ Uniform(0, min(cap, base · 2^n)) for the n-th failure in a row

    The cap is 2 s for the first 20 failures and then doubles up to 20 s. It stays at 2 s while the
    server answers at all: on a line that breaks before anything is through, an outage would
    otherwise be followed by a wait that the breaks before it have made long.

    Full jitter spreads many clients that lost one server at the same moment.
    Reference: Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """

    def __init__(self, *, uniform: Callable[[float, float], float] = random.uniform) -> None:
        self._uniform = uniform
        self._failures = 0

    def next_wait_s(self) -> float:
        """Seconds to wait after one more failure."""
        ceiling_s = min(SHORT_CAP_S, BASE_S * 2.0 ** min(self._failures, 16))
        more = self._failures - SHORT_FAILURES
        if more >= 0:
            ceiling_s = min(CAP_S, SHORT_CAP_S * 2.0 ** min(more, 16))
        self._failures += 1
        return self._uniform(0.0, ceiling_s)

    def answered(self) -> None:
        """Somebody is there: whatever else is wrong, the next waits are short ones."""
        self._failures = min(self._failures, SHORT_FAILURES - 1)

    def reset(self) -> None:
        """It worked: the next failure counts as the first."""
        self._failures = 0
