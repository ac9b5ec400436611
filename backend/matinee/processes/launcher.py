"""Starts run processes, with one warm spare, so that a start need not wait for imports.

A run process is a session of its own and survives the server: Ctrl-C at the server's terminal does
not reach it, and after a crash of the server it goes on and can be adopted. The spare, which has
nothing to lose, leaves when the server's end of its standard input closes.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import structlog

from matinee.contracts.control import Assignment
from matinee.processes.child_environment import child_environment
from matinee.processes.run_process import AdoptedProcess, ChildProcess

RUN_PROCESS = (sys.executable, "-m", "matinee.worker")
_SPARE_LOG_MODE = 0o600

SPARE_EXIT_TIMEOUT_S = 2.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Spare:
    """A process that waits for a run on its standard input."""

    process: ChildProcess
    stdin: IO[bytes]


class ProcessLauncher:
    """Launches run processes on this machine. Lives from `open` to `close`."""

    def __init__(self, *, spare_log: Path, command: Sequence[str] = RUN_PROCESS) -> None:
        """Prepare.

        Args:
            spare_log: Where a process writes until it has a run, and with it a log of its own.
            command: Starts a process that waits for an `Assignment` on its standard input.
        """
        self._spare_log = spare_log
        self._command = tuple(command)
        self._spare: _Spare | None = None
        self._warming: asyncio.Task[None] | None = None
        self._closed = False
        # Guards `_spare`: two launches at once must not hand two runs to one process.
        self._spare_lock = asyncio.Lock()

    async def open(self) -> None:
        """Begin warming a spare."""
        self._begin_warming()

    async def launch(self, assignment: Assignment) -> ChildProcess:
        """Hand a run to the spare, or to a fresh process if the spare is gone.

        Raises:
            OSError: no process could be started.
        """
        line = assignment.model_dump_json().encode() + b"\n"
        async with self._spare_lock:
            spare, self._spare = self._spare, None
        self._begin_warming()
        if spare is not None:
            try:
                return await asyncio.to_thread(_assign, spare, line)
            except BrokenPipeError:
                log.warning("spare_process_was_gone", pid=spare.process.pid)
        return await asyncio.to_thread(lambda: _assign(self._spawn(), line))

    def adopt(self, *, pid: int, process_started_at: float) -> AdoptedProcess | None:
        """A process that an earlier server started; None if it is gone."""
        return AdoptedProcess.find(pid=pid, process_started_at=process_started_at)

    async def close(self) -> None:
        """End the spare; runs go on."""
        self._closed = True
        if self._warming is not None:
            await self._warming
        async with self._spare_lock:
            spare, self._spare = self._spare, None
        if spare is None:
            return
        spare.stdin.close()
        spare.process.terminate()
        if await spare.process.wait(SPARE_EXIT_TIMEOUT_S) is None:
            spare.process.kill()
            await spare.process.wait(SPARE_EXIT_TIMEOUT_S)

    def _begin_warming(self) -> None:
        if self._warming is None or self._warming.done():
            self._warming = asyncio.create_task(self._warm_spare())

    async def _warm_spare(self) -> None:
        async with self._spare_lock:
            if self._closed or (self._spare is not None and self._spare.process.is_alive()):
                return
            try:
                self._spare = await asyncio.to_thread(self._spawn)
            except OSError:
                # Not needed yet: `launch` tries again, and its error reaches the user.
                log.exception("no_spare_process")

    def _spawn(self) -> _Spare:
        self._spare_log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        output = os.open(self._spare_log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _SPARE_LOG_MODE)
        try:
            popen = subprocess.Popen(  # noqa: S603 - the command is part of this program
                self._command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=child_environment(library_threads=1),
                start_new_session=True,
            )
        finally:
            os.close(output)
        assert popen.stdin is not None
        return _Spare(ChildProcess(popen), popen.stdin)


def _assign(spare: _Spare, line: bytes) -> ChildProcess:
    """Blocks until the process has read what the pipe does not hold: a long plan is longer."""
    with spare.stdin:
        spare.stdin.write(line)
    return spare.process
