"""How many live streams there may be: in all, and with one token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from matinee.errors import LimitExceededError
from matinee.web.credentials import Grant


@dataclass(frozen=True)
class StreamLimits:
    """How many may be open.

    Attributes:
        total: WebSockets and Server-Sent Events together.
        per_token: With one named token or link, or a session of it. The server's own token opens
            everything anyway, and has no limit but the total.
    """

    total: int = 500
    per_token: int = 200


class StreamPlaces:
    """The live streams of one server; belongs to the event loop."""

    def __init__(self, limits: StreamLimits) -> None:
        self.limits = limits
        self._total = 0
        self._of_token: Counter[str] = Counter()

    @contextmanager
    def hold(self, grant: Grant) -> Iterator[None]:
        """A place for one stream, until the context ends.

        Raises:
            LimitExceededError: all are taken.
        """
        token = grant.token_id
        if self._total >= self.limits.total:
            raise LimitExceededError(
                f"{self._total} live streams are open, as many as this server allows"
            )
        if token is not None and self._of_token[token] >= self.limits.per_token:
            raise LimitExceededError(
                f"{self._of_token[token]} live streams are open with this token or link, as many "
                "as one may have"
            )
        self._total += 1
        if token is not None:
            self._of_token[token] += 1
        try:
            yield
        finally:
            self._total -= 1
            if token is not None:
                self._of_token[token] -= 1
                # A token that nobody uses must not stay in memory.
                self._of_token += Counter()
