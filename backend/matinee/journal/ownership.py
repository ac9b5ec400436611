"""Who may write a run.db: the process that holds the lock on `owner.lock`.

The kernel lets go of the lock when its holder dies, however it dies. So "is anybody writing?" has
a true answer at any time, also after a kill -9, and there is never a second writer.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from matinee.errors import JournalOwnedError
from matinee.journal.schema import OWNER_LOCK

_RETRY_INTERVAL_S = 0.01


class Ownership:
    """The right to write into one run folder. Lives from construction to `release`."""

    def __init__(self, run_dir: Path, *, wait_s: float = 0.0) -> None:
        """Take the right.

        Args:
            run_dir: The run's folder.
            wait_s: For how long to try: `is_owned`, and a server that writes down a start or a
                death, hold the lock for milliseconds.

        Raises:
            JournalOwnedError: another process has it.
        """
        path = run_dir / OWNER_LOCK
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline_s = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() < deadline_s:
                    time.sleep(_RETRY_INTERVAL_S)
                    continue
                self.release()
                raise JournalOwnedError(f"another process is writing {run_dir}") from error
            return

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
