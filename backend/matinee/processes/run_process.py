"""A handle on one run process, our child or one that an earlier server started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import threading
import time
from concurrent.futures import Future

import psutil

from matinee.runs.ports import ProcessExit

_START_TIME_TOLERANCE_S = 3.0
"""Start times are derived from the wall clock, which may be set meanwhile. A pid does not come
round again this soon."""

_ADOPTED_POLL_S = 0.2


class ChildProcess:
    """Our own child. A thread waits for it, so that it never stays a zombie.

    `wait` belongs to one event loop; the other methods may be called from anywhere.
    """

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        self._ended: Future[int] = Future()
        self._awaited: asyncio.Future[int] | None = None
        threading.Thread(target=self._reap, name=f"reap-{child.pid}", daemon=True).start()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._child.pid

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return not self._ended.done()

    def busy_s(self) -> float | None:
        """Processor time that it has used so far; None if it is gone."""
        return _busy_s(self.pid) if self.is_alive() else None

    def abort(self) -> None:
        """SIGABRT, also to one that is stopped: write the stacks of all threads and die."""
        if self.is_alive():
            self._child.send_signal(signal.SIGABRT)
            self._child.send_signal(signal.SIGCONT)

    def terminate(self) -> None:
        """SIGTERM: checkpoint and leave."""
        if self.is_alive():
            self._child.terminate()

    def kill(self) -> None:
        """SIGKILL."""
        if self.is_alive():
            self._child.kill()

    async def wait(self, timeout_s: float) -> ProcessExit | None:
        """How it ended, or None if it has not within `timeout_s`."""
        # One future for all waits: a timed one is repeated as long as the process lives.
        self._awaited = self._awaited or asyncio.wrap_future(self._ended)
        await asyncio.wait({self._awaited}, timeout=timeout_s)
        if not self._ended.done():
            return None
        code = self._ended.result()
        if code >= 0:
            return ProcessExit(return_code=code, signal_name=None)
        return ProcessExit(return_code=None, signal_name=_signal_name(-code))

    def _reap(self) -> None:
        code = self._child.wait()
        # Its own session, so also its own group: what it started must not outlive it, holding
        # its socket, its lock and its memory.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._ended.set_result(code)


class AdoptedProcess:
    """A process that an earlier server started; it is told from others by pid and start time."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process

    @classmethod
    def find(cls, *, pid: int, process_started_at: float) -> AdoptedProcess | None:
        """Exactly this process, or None if it is gone and perhaps its pid in use again."""
        try:
            process = psutil.Process(pid)
            if abs(process.create_time() - process_started_at) > _START_TIME_TOLERANCE_S:
                return None
        except psutil.NoSuchProcess:
            return None
        found = cls(process)
        return found if found.is_alive() else None

    @property
    def pid(self) -> int:
        """Process id."""
        return int(self._process.pid)

    def is_alive(self) -> bool:
        """Whether it still runs; a zombie does not."""
        try:
            return bool(
                self._process.is_running() and self._process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.NoSuchProcess:
            return False

    def busy_s(self) -> float | None:
        """Processor time that it has used so far; None if it is gone."""
        return _busy_s(self.pid) if self.is_alive() else None

    def abort(self) -> None:
        """SIGABRT, also to one that is stopped: write the stacks of all threads and die."""
        self._signal(signal.SIGABRT)
        self._signal(signal.SIGCONT)

    def terminate(self) -> None:
        """SIGTERM: checkpoint and leave."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self._signal(signal.SIGKILL)

    async def wait(self, timeout_s: float) -> ProcessExit | None:
        """A `ProcessExit` once it is gone, or None if it has not ended within `timeout_s`.

        How a process ended is told to its parent only, so both fields are None.
        """
        deadline_s = time.monotonic() + timeout_s
        while self.is_alive():
            if time.monotonic() >= deadline_s:
                return None
            await asyncio.sleep(_ADOPTED_POLL_S)
        return ProcessExit(return_code=None, signal_name=None)

    def _signal(self, number: signal.Signals) -> None:
        try:
            self._process.send_signal(number)
        except psutil.NoSuchProcess:
            return


def _busy_s(pid: int) -> float | None:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return None
    return float(times.user + times.system)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
