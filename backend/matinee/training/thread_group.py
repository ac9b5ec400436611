"""Threads that succeed or fail together: the first failure is kept and stops the others."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from matinee.errors import WorkerFailedError


@dataclass(frozen=True)
class ThreadFailure:
    """The first exception that left a thread of the group."""

    thread: str
    error: BaseException
    traceback_text: str

    @property
    def words(self) -> str:
        """Who failed of what, for people."""
        error = self.error
        if isinstance(error, WorkerFailedError):
            return str(error)
        return f"{self.thread} failed: {type(error).__name__}: {error}"


@dataclass(frozen=True)
class HangingThread:
    """A thread that did not end in time, and where it stands."""

    thread: str
    stack_text: str


class ThreadGroup:
    """Starts threads, waits for them in bounded time, and loses no exception.

    Threads are daemons: one that hangs in foreign code can't keep the process alive.

    Args:
        on_failure: Called on the failing thread, for the first failure only.
        on_all_ended: Called on the last thread to end; no thread may be started after that.
    """

    def __init__(
        self,
        *,
        on_failure: Callable[[ThreadFailure], None],
        on_all_ended: Callable[[], None],
    ) -> None:
        self._on_failure = on_failure
        self._on_all_ended = on_all_ended
        self._lock = threading.Lock()
        """Guards `_failure`, `_running` and `_threads`."""
        self._failure: ThreadFailure | None = None
        self._running = 0
        self._threads: list[threading.Thread] = []

    def start(self, targets: Mapping[str, Callable[[], None]]) -> None:
        """Start one thread for each name, also while others of the group run."""
        threads = [
            threading.Thread(target=self._run, args=(name, target), name=name, daemon=True)
            for name, target in targets.items()
        ]
        with self._lock:
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            for thread in threads:
                thread.start()  # It can't end before it is counted: that takes the lock.
                self._running += 1
                self._threads.append(thread)

    @property
    def failure(self) -> ThreadFailure | None:
        """The first failure, if any thread has failed."""
        with self._lock:
            return self._failure

    def living(self) -> frozenset[str]:
        """Names of the threads that have not ended."""
        return frozenset(thread.name for thread in self._threads if thread.is_alive())

    def stack_of(self, name: str) -> str | None:
        """Where a thread of the group stands now; None if there is none of this name."""
        return next((_stack_text(t) for t in self._threads if t.name == name), None)

    def join(self, timeout_s: float) -> list[HangingThread]:
        """Wait for all threads to end, together no longer than `timeout_s`.

        Returns:
            Those that did not, with their stacks; empty if all ended.
        """
        deadline = time.monotonic() + timeout_s
        with self._lock:
            threads = self._threads
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return [
            HangingThread(thread.name, _stack_text(thread))
            for thread in threads
            if thread.is_alive()
        ]

    def _run(self, name: str, target: Callable[[], None]) -> None:
        try:
            target()
        except BaseException as error:  # noqa: BLE001 -- kept, and reported as the run's outcome
            self._keep(ThreadFailure(name, error, traceback.format_exc()))
        finally:
            with self._lock:
                self._running -= 1
                is_last = self._running == 0
            if is_last:
                self._on_all_ended()

    def _keep(self, failure: ThreadFailure) -> None:
        with self._lock:
            if self._failure is not None:
                return
            self._failure = failure
        self._on_failure(failure)


def _stack_text(thread: threading.Thread) -> str:
    frame = sys._current_frames().get(thread.ident or -1)  # noqa: SLF001 -- the documented way
    return "".join(traceback.format_stack(frame)) if frame is not None else "it has just ended"
