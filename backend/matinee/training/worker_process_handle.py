"""A worker process as the trainer's process sees it: started, watched, and never left behind."""

from __future__ import annotations

import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import reduction
from multiprocessing.connection import Connection
from typing import IO, Any, assert_never

from matinee.errors import WorkerFailedError
from matinee.training.collector import ActingPlan
from matinee.training.process_messages import (
    Crashed,
    Hire,
    HostMessage,
    Leave,
    Ready,
    Setup,
    Stacks,
    TellStacks,
)
from matinee.training.telemetry import ProcessStatus, Status

_MODULE = "matinee.training.worker_process"
START_TIMEOUT_S = 60.0
"""Importing torch takes seconds, on a busy machine many; until then the other workers train."""

_WAIT_SLICE_S = 0.5
_LEAVE_TIMEOUT_S = 2.0
"""A process without workers has nothing left to do."""

_VERDICT_TIMEOUT_S = 5.0


class WorkerProcessHandle:
    """One process. It lives from the beginning of `watch` to its end at the latest.

    Args:
        setup: What it needs to know first.
        memory_descriptor: Of the memory that it shares with the trainer's process.
        on_status: Told, on the thread of `watch`, when it has come up and when it has ended.
    """

    def __init__(
        self,
        setup: Setup,
        *,
        memory_descriptor: int,
        on_status: Callable[[ProcessStatus], None],
    ) -> None:
        self.name = f"worker-process-{setup.number}"
        self._setup = setup
        self._memory_descriptor = memory_descriptor
        self._on_status = on_status
        self._lock = threading.Lock()
        """Guards `_expected` and `_leaving`, and who sends on `_connection`."""
        self._expected = 0
        self._leaving = False
        self._connection: Connection[Any, Any] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._started_s = 0.0
        self._start_s: float | None = None
        self._has_connection = threading.Event()
        self._has_ended = threading.Event()
        self._failure: WorkerFailedError | None = None
        self._stacks: queue.SimpleQueue[str] = queue.SimpleQueue()

    # ---- its workers -----------------------------------------------------------------------------

    def expect(self) -> bool:
        """One more worker will be hired; False if the process is about to leave."""
        with self._lock:
            if self._leaving or self._has_ended.is_set():
                return False
            self._expected += 1
            return True

    def hire(self, plan: ActingPlan) -> Connection[Any, Any]:
        """Start an expected worker, as soon as the process is up, and return the connection to it.

        Raises:
            EOFError: if the process has ended, like OSError.
        """
        if not self._has_connection.wait(START_TIMEOUT_S):
            raise EOFError
        ours, theirs = socket.socketpair()
        with ours, theirs, self._lock:
            connection = self._connection
            if connection is None or self._process is None:
                raise EOFError
            connection.send(Hire(plan))
            reduction.send_handle(connection, theirs.fileno(), self._process.pid)
            return Connection(ours.detach())

    def release(self) -> None:
        """An expected worker has ended, or will not come; without any the process leaves."""
        with self._lock:
            self._expected -= 1
            if self._expected == 0:
                self._leaving = True
                self._dismiss()

    @property
    def process_id(self) -> int | None:
        """None before it was started and after it has ended."""
        process = self._process
        return None if process is None or self._has_ended.is_set() else process.pid

    # ---- its life --------------------------------------------------------------------------------

    def watch(self) -> None:
        """Start the process and stay with it to its end. A thread's whole life.

        The thread that starts it must outlive it: Linux takes the end of that thread for the
        parent's death.

        Raises:
            WorkerFailedError: if it ends unasked, or does not come up.
        """
        with tempfile.TemporaryFile() as crash_file:
            try:
                self._start(crash_file)
                self._listen()
            finally:
                self._end(crash_file)
        if self._failure is not None:
            raise self._failure

    def death(self) -> WorkerFailedError:
        """Why it ended unasked."""
        self._has_ended.wait(_VERDICT_TIMEOUT_S)
        if self._failure is not None:
            return self._failure
        return WorkerFailedError(f"{self.name} does not answer", traceback_text="")

    def stacks(self, timeout_s: float) -> str:
        """Where each of its threads stands, if its interpreter still answers."""
        with self._lock:
            self._send(TellStacks())
        try:
            return self._stacks.get(timeout=timeout_s)
        except queue.Empty:
            return f"{self.name} does not answer: it may hang in native code"

    def kill(self) -> None:
        """End it at once, whatever it does."""
        with self._lock:
            self._leaving = True
            if self._process is not None:
                self._process.kill()

    def _start(self, crash_file: IO[bytes]) -> None:
        self._started_s = time.monotonic()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            process = subprocess.Popen(  # noqa: S603 -- the command is part of this program
                # -P: modules in the working directory must not get in front of others.
                [sys.executable, "-P", "-m", _MODULE]
                + [str(n) for n in (theirs.fileno(), crash_file.fileno(), os.getpid())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno(), crash_file.fileno()],
                # Also what was put on the path after the start must be found there.
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                # Ctrl-C at a terminal is for the trainer's process, which ends this one in order.
                process_group=0,
            )
            connection: Connection[Any, Any] = Connection(ours.detach())
        connection.send(self._setup)
        reduction.send_handle(connection, self._memory_descriptor, process.pid)
        with self._lock:
            self._process = process
            self._connection = connection
            if self._leaving:
                self._dismiss()
        self._has_connection.set()

    def _listen(self) -> None:
        """Hear what the process says until it says nothing any more."""
        connection = self._connection
        assert connection is not None, "the process has been started"
        with suppress(EOFError, ConnectionError):
            while True:
                if connection.poll(_WAIT_SLICE_S):
                    self._heed(connection.recv())
                elif self._is_overdue():
                    self._fail(f"{self.name} did not come up within {START_TIMEOUT_S:g} s")
                    return

    def _heed(self, message: HostMessage) -> None:
        match message:
            case Ready():
                self._start_s = time.monotonic() - self._started_s
                self._tell("running")
            case Stacks(text=text):
                self._stacks.put(text)
            case Crashed(traceback_text=text):
                self._fail(f"{self.name} failed: {text.splitlines()[-1]}", text)
            case _:
                assert_never(message)

    def _is_overdue(self) -> bool:
        return self._start_s is None and time.monotonic() > self._started_s + START_TIMEOUT_S

    def _end(self, crash_file: IO[bytes]) -> None:
        """Make sure that it is gone, and find out why."""
        process = self._process
        if process is not None:
            try:
                code = process.wait(_LEAVE_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
            if not self._leaving:
                crash_file.seek(0)
                crash = crash_file.read().decode(errors="replace")
                self._fail(f"{self.name} (process {process.pid}) {_how(code)}", crash)
        with self._lock:
            self._has_ended.set()
            if self._connection is not None:
                self._connection.close()
                self._connection = None
        self._has_connection.set()
        self._tell("finished" if self._failure is None else "failed")

    def _fail(self, reason: str, traceback_text: str = "") -> None:
        """Keep why it failed; the first reason is the true one."""
        if self._failure is None:
            self._failure = WorkerFailedError(reason, traceback_text=traceback_text)

    def _tell(self, status: Status) -> None:
        process = self._process
        if process is not None:
            self._on_status(
                ProcessStatus(
                    process=self._setup.number,
                    pid=process.pid,
                    status=status,
                    start_s=self._start_s,
                    error=None if self._failure is None else str(self._failure),
                )
            )

    def _dismiss(self) -> None:
        """Let it go. The caller holds the lock."""
        if self._start_s is None and self._process is not None:
            # It has not come up, so it hears nothing yet, and it has begun nothing.
            self._process.kill()
        else:
            self._send(Leave())

    def _send(self, message: Leave | TellStacks) -> None:
        """Say something, if anybody is there to hear it. The caller holds the lock."""
        if self._connection is not None:
            with suppress(OSError):
                self._connection.send(message)


def _how(code: int) -> str:
    """In words how a process ended that should not have."""
    if code >= 0:
        return f"ended by itself with exit code {code}"
    name = signal.Signals(-code).name
    if -code == signal.SIGKILL:
        return f"was killed ({name}): by somebody, or by the system for lack of memory"
    return f"was ended by {name}"
