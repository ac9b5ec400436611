"""Who may write a run.db: the process that holds the lock on `owner.lock`.

The kernel lets go of the lock when its holder dies, however it dies. So "is anybody writing?" has
a true answer at any time, also after a kill -9, and there is never a second writer.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from matinee.errors import JournalOwnedError
from matinee.journal.schema import OWNER_LOCK


class Ownership:
    """The right to write into one run folder. Lives from construction to `release`."""

    def __init__(self, run_dir: Path) -> None:
        """Take the right, or refuse at once.

        Raises:
            JournalOwnedError: another process has it.
        """
        path = run_dir / OWNER_LOCK
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._descriptor)
            self._descriptor = -1
            raise JournalOwnedError(f"another process is writing {run_dir}") from error

    def release(self) -> None:
        """Give the right back; calling it again does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def is_owned(run_dir: Path) -> bool:
    """Whether some process may write this run's record now."""
    try:
        Ownership(run_dir).release()
    except JournalOwnedError:
        return True
    return False
