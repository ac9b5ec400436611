"""The server's end of a run's control socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

import structlog
from pydantic import ValidationError

from matinee.contracts.control import (
    CONTROL_PROTOCOL_VERSION,
    MAX_FRAME_BYTES,
    RUN_FRAME_ADAPTER,
    AckFrame,
    CommandFrame,
    CommittedFrame,
    HeartbeatFrame,
    HelloFrame,
    RunFrame,
    SharePolicyFrame,
)
from matinee.errors import RunUnreachableError

ACK_TIMEOUT_S = 5.0

log = structlog.get_logger(__name__)


class LinkLostError(RunUnreachableError):
    """The connection ended before the answer came; the run may have taken the command, or not."""


class ControlLink:
    """One connection to a run process. Lives from `connect` to the end of `listen`."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hello: HelloFrame
    ) -> None:
        self._reader = reader
        self._writer = writer
        self.hello = hello
        # None means that the connection has ended before an answer came.
        self._acks: dict[str, asyncio.Future[AckFrame | None]] = {}
        self._closed = False

    @classmethod
    async def connect(cls, socket_path: Path, *, timeout_s: float) -> ControlLink:
        """Connect and hear who answers.

        Raises:
            OSError, TimeoutError: nobody listens there (yet).
            RunUnreachableError: somebody does, but speaks another protocol.
        """
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_unix_connection(
                str(socket_path), limit=MAX_FRAME_BYTES
            )
            try:
                hello = RUN_FRAME_ADAPTER.validate_json(await reader.readline())
            except BaseException as error:
                writer.close()
                if isinstance(error, ValidationError):
                    raise ConnectionResetError("the run process left while greeting") from error
                raise
        if not isinstance(hello, HelloFrame) or hello.protocol != CONTROL_PROTOCOL_VERSION:
            writer.close()
            raise RunUnreachableError(
                f"{socket_path} does not speak control protocol {CONTROL_PROTOCOL_VERSION}"
            )
        return cls(reader, writer, hello)

    async def send(self, frame: CommandFrame) -> AckFrame:
        """Pass a command on; returns once the run's record holds it.

        Raises:
            LinkLostError: the connection is gone.
            RunUnreachableError: no answer within `ACK_TIMEOUT_S`.
        """
        if self._closed:
            raise LinkLostError("the run process has closed its control socket")
        waiting: asyncio.Future[AckFrame | None] = asyncio.get_running_loop().create_future()
        self._acks[frame.command_id] = waiting
        try:
            async with asyncio.timeout(ACK_TIMEOUT_S):
                self._writer.write(frame.model_dump_json(by_alias=True).encode() + b"\n")
                await self._writer.drain()
                ack = await waiting
        except TimeoutError as error:
            raise RunUnreachableError(
                f"the run process did not answer within {ACK_TIMEOUT_S:g} s"
            ) from error
        except ConnectionError as error:
            raise LinkLostError("the run process is gone") from error
        finally:
            self._acks.pop(frame.command_id, None)
        if ack is None:
            raise LinkLostError("the run process is gone")
        return ack

    def ask_for_policy(self) -> bool:
        """Ask the run process to share its present policy; whether it knows how to."""
        if self._closed or not self.hello.shares_policy:
            return False
        self._writer.write(SharePolicyFrame().model_dump_json().encode() + b"\n")
        return True

    async def listen(
        self, *, on_committed: Callable[[int], None], on_heartbeat: Callable[[HeartbeatFrame], None]
    ) -> None:
        """Pass on what the run process tells, until either side ends the connection."""
        try:
            while line := await self._reader.readline():
                self._dispatch(
                    RUN_FRAME_ADAPTER.validate_json(line),
                    on_committed=on_committed,
                    on_heartbeat=on_heartbeat,
                )
        except (ConnectionError, ValueError) as error:
            log.warning("control_link_broken", error=str(error))
        finally:
            await self.close()

    async def close(self) -> None:
        """End the connection; calling it again does nothing."""
        if self._closed:
            return
        self._closed = True
        for ack in self._acks.values():
            if not ack.done():
                ack.set_result(None)
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    def _dispatch(
        self,
        frame: RunFrame,
        *,
        on_committed: Callable[[int], None],
        on_heartbeat: Callable[[HeartbeatFrame], None],
    ) -> None:
        match frame:
            case CommittedFrame():
                on_committed(frame.seq)
            case HeartbeatFrame():
                on_heartbeat(frame)
            case AckFrame():
                ack = self._acks.get(frame.command_id)
                if ack is not None and not ack.done():
                    ack.set_result(frame)
            case HelloFrame():
                log.warning("unexpected_second_hello", run_id=frame.run_id)
