"""Players: child processes that play a policy, so that the server imports nothing that does.

A player is a session of its own, and ends when the server's end of its standard input closes, so
also with a server that is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Sequence

import structlog
from pydantic import BaseModel

from matinee.contracts.playing import LENGTHS, MAX_BODY_BYTES, MAX_HEAD_BYTES
from matinee.errors import ConflictError
from matinee.processes.child_environment import child_environment

PLAYER = (sys.executable, "-m", "matinee.player")
LEAVE_TIMEOUT_S = 2.0
_COMPLAINTS = 20
"""Last lines of what it printed, for the log and for people."""

log = structlog.get_logger(__name__)


class PlayerProgram:
    """Implements `matinee.runs.ports.Players`."""

    def __init__(self, command: Sequence[str] = PLAYER) -> None:
        self._command = tuple(command)

    async def start(self, order: BaseModel) -> RunningPlayer:
        """Start one, and give it its order.

        Raises:
            ConflictError: no process could be started.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=child_environment(library_threads=1),
                start_new_session=True,
                limit=MAX_BODY_BYTES,
            )
        except OSError as error:
            raise ConflictError(
                f"no process could be started: {error}", code="player_failed"
            ) from error
        player = RunningPlayer(process)
        player.tell(order)
        return player


class RunningPlayer:
    """One player. Lives until it ends by itself, or to the return of `close`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._fault: str | None = None
        self._complaints: deque[str] = deque(maxlen=_COMPLAINTS)
        self._listening = asyncio.create_task(self._keep_complaints())

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def tell(self, order: BaseModel) -> None:
        """Tell it something; one that has ended hears nothing."""
        assert self._process.stdin is not None
        if not self._process.stdin.is_closing():
            self._process.stdin.write(order.model_dump_json().encode() + b"\n")

    async def messages(self) -> AsyncIterator[tuple[bytes, bytes]]:
        """Heads and bodies of what it says, until it ends."""
        assert self._process.stdout is not None
        while True:
            try:
                lengths = await self._process.stdout.readexactly(LENGTHS.size)
                head, body = LENGTHS.unpack(lengths)
                if head > MAX_HEAD_BYTES or body > MAX_BODY_BYTES:
                    log.error("player_message_too_long", head=head, body=body, pid=self.pid)
                    self._fault = "it said more at once than is taken"
                    return
                yield (
                    await self._process.stdout.readexactly(head),
                    await self._process.stdout.readexactly(body),
                )
            except (asyncio.IncompleteReadError, ConnectionError):
                return

    async def last_words(self) -> str:
        """What one that has ended printed last: a line for people."""
        if self._fault is not None:
            return self._fault
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_TIMEOUT_S):
                await asyncio.shield(self._listening)
        code = self._process.returncode
        return next(reversed(self._complaints), "") or f"exit code {code}"

    async def close(self) -> None:
        """End it; calling it again does nothing."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        if not await self._ends():
            log.warning("player_killed", pid=self.pid, last_words=list(self._complaints))
        # Its own session, so also its own group: nothing that it started outlives it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        if not await self._ends():
            log.error("player_does_not_end", pid=self.pid)
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)

    async def _ends(self) -> bool:
        try:
            async with asyncio.timeout(LEAVE_TIMEOUT_S):
                await self._process.wait()
        except TimeoutError:
            return False
        return True

    async def _keep_complaints(self) -> None:
        assert self._process.stderr is not None
        while True:
            try:
                line = await self._process.stderr.readline()
            except ValueError:  # A line longer than any that is worth keeping.
                continue
            if not line:
                return
            if text := line.decode(errors="replace").strip():
                self._complaints.append(text)
