"""A clock that stands still."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fakes.run_use_cases import NOW


@dataclass
class StoppedClock:
    """Time passes only when a test says so."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        """The time."""
        return self.now

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by
