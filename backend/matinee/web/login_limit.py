"""How often a peer may try a wrong token."""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import datetime, timedelta

from matinee.errors import LimitExceededError

MAX_FAILURES = 5
WINDOW = timedelta(minutes=1)
MAX_PEERS = 1000
"""Of which failures are remembered: bounds memory."""


class LoginLimit:
    """Counts failed logins per peer address; belongs to the event loop."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, deque[datetime]] = OrderedDict()

    def check(self, peer: str, *, now: datetime) -> None:
        """Refuse a peer that has failed too often.

        Raises:
            LimitExceededError: until the oldest of its failures is a minute ago.
        """
        failures = self._failures.get(peer)
        while failures and failures[0] <= now - WINDOW:
            failures.popleft()
        if failures and len(failures) >= MAX_FAILURES:
            raise LimitExceededError(
                f"{MAX_FAILURES} wrong tokens within a minute; try again later",
                code="too_many_logins",
            )

    def count_failure(self, peer: str, *, now: datetime) -> None:
        """Remember a wrong token."""
        self._failures.setdefault(peer, deque(maxlen=MAX_FAILURES)).append(now)
        self._failures.move_to_end(peer)
        while len(self._failures) > MAX_PEERS:
            self._failures.popitem(last=False)
