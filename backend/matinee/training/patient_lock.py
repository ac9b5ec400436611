"""A lock between threads that nobody waits for without end."""

from __future__ import annotations

import threading
from types import TracebackType

from matinee.errors import TrainingError

PATIENCE_S = 10.0
"""An update takes less than a millisecond: whoever holds the lock for longer hangs."""


class PatientLock:
    """For what takes little time under the lock. What it guards is said where one is made.

    Args:
        name: Of the lock, for people.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        """Guards what its owner says."""

    def __enter__(self) -> None:
        """Wait for the lock.

        Raises:
            TrainingError: if it has not come within 10 s.
        """
        if not self._lock.acquire(timeout=PATIENCE_S):
            raise TrainingError(
                f"waited {PATIENCE_S:g} s for the {self._name}: the worker that holds it hangs"
            )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let the next one in."""
        self._lock.release()
