"""A lock between the threads of several processes, which nobody can take to his grave."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from types import TracebackType

from matinee.errors import TrainingError
from matinee.training.patient_lock import PATIENCE_S

_POLL_S = 2e-5
"""About as long as an update of a small network takes."""


class ProcessLock:
    """A record lock of the kernel on one byte of a file, with a thread lock before it.

    The kernel takes a record lock back when its process ends, however it ends; a semaphore in
    shared memory would stay taken. Record locks belong to a process, so its threads first agree
    among themselves. Every process makes one such object for the same byte of the same file.

    Args:
        descriptor: Of the file. No other descriptor of it may be closed while a lock is held: the
            kernel would take the lock back.
        byte: Which byte of it.
    """

    def __init__(self, descriptor: int, *, byte: int) -> None:
        self._descriptor = descriptor
        self._byte = byte
        self._among_threads = threading.Lock()
        """Guards the process's claim to the byte: only the thread that has it asks the kernel."""

    def __enter__(self) -> None:
        """Wait for the lock.

        Raises:
            TrainingError: if it has not come within 10 s.
        """
        deadline = time.monotonic() + PATIENCE_S
        if self._among_threads.acquire(timeout=PATIENCE_S):
            while not self._try_lock():
                if time.monotonic() > deadline:
                    self._among_threads.release()
                    break
                time.sleep(_POLL_S)
            else:
                return
        raise TrainingError(
            f"waited {PATIENCE_S:g} s for the update lock: the worker that holds it hangs"
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let the next one in."""
        fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, self._byte, os.SEEK_SET)
        self._among_threads.release()

    def _try_lock(self) -> bool:
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, self._byte, os.SEEK_SET)
        except BlockingIOError:
            return False
        return True
