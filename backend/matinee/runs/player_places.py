"""How many players may be at work at once, and the refusal of one more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from matinee.errors import LimitExceededError


class PlayerPlaces:
    """Places for players. Lives as long as the server; used on the event loop alone."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.taken = 0

    def take(self) -> None:
        """Take a place, to be given back.

        Raises:
            LimitExceededError: there is none.
        """
        if self.taken >= self._limit:
            raise LimitExceededError(
                f"{self._limit} policies are being played already, as many as this server allows "
                "(MATINEE_MAX_PLAYERS); try again when one has ended",
                code="too_many_players",
            )
        self.taken += 1

    def give_back(self) -> None:
        """Somebody else may have it."""
        self.taken -= 1

    @contextmanager
    def one(self) -> Iterator[None]:
        """Take a place for as long as the context lasts.

        Raises:
            LimitExceededError: there is none.
        """
        self.take()
        try:
            yield
        finally:
            self.give_back()
