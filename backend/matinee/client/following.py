"""Follow a run live: one WebSocket, resumed by sequence number for as long as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import NoReturn

from pydantic import ValidationError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from matinee.client.backoff import Backoff
from matinee.contracts.events import Event, RunStateChanged
from matinee.contracts.run import Run
from matinee.contracts.run_state import ENDED_STATES
from matinee.contracts.stream import (
    SERVER_FRAME_ADAPTER,
    ErrorFrame,
    EventsFrame,
    ResyncFrame,
    ServerFrame,
)
from matinee.errors import (
    AuthenticationError,
    ConflictError,
    ForbiddenError,
    MatineeError,
    NotFoundError,
    ServerUnreachableError,
)

MAX_FRAME_BYTES = 64 * 1024 * 1024
SILENCE_S = 30.0
"""The server ticks every 5 s; this long without a frame means that the connection is dead."""
ATTEMPT_S = 10.0
"""An attempt whose packets are dropped is begun anew: the network asks again ever more seldom."""
GOODBYE_S = 1.0
"""A dead peer answers no goodbye either: waiting longer only delays the next connection."""

_UNAUTHENTICATED = 4401
_FORBIDDEN = 403


class _ConnectionLostError(Exception):
    """Worth another try."""


@dataclass
class Follower:
    """Delivers each event of a run once and in order, across lost connections."""

    url: str
    headers: dict[str, str]
    run_id: str
    get_run: Callable[[], Awaitable[Run]]
    after: int = 0
    give_up_after_s: float = 300.0
    attempt_s: float = ATTEMPT_S
    backoff: Backoff = field(default_factory=Backoff)

    async def events(self) -> AsyncGenerator[Event, None]:
        """Events after `after`, until the run has ended.

        Raises:
            NotFoundError: there is no such run.
            AuthenticationError: the token is wrong.
            ConflictError: the record was replaced; begin again with `after=0`.
            ServerUnreachableError: for `give_up_after_s` nothing could be reached.
        """
        loop = asyncio.get_running_loop()
        reached_at = loop.time()
        while True:
            try:
                if await self._has_all():
                    return
                async with aclosing(self._connected()) as events:
                    async for event in events:
                        reached_at = loop.time()
                        self.backoff.reset()
                        yield event
                        if _is_end(event) and await self._has_all():
                            return
            except (_ConnectionLostError, ServerUnreachableError) as error:
                if loop.time() - reached_at > self.give_up_after_s:
                    raise ServerUnreachableError(
                        f"{self.url} could not be reached for {self.give_up_after_s:g} s: {error}"
                    ) from error
            await asyncio.sleep(self.backoff.next_wait_s())

    async def _connected(self) -> AsyncGenerator[Event, None]:
        """Events of one connection, until it is lost."""
        address = f"{self.url}?run={self.run_id}&after={self.after}"
        try:
            async with connect(
                address,
                additional_headers=self.headers,
                max_size=MAX_FRAME_BYTES,
                open_timeout=self.attempt_s,
                close_timeout=GOODBYE_S,
            ) as socket:
                patience_s = self.attempt_s
                while True:
                    frame = await _receive(socket, patience_s)
                    patience_s = SILENCE_S
                    self.backoff.answered()
                    if isinstance(frame, EventsFrame) and frame.run_id == self.run_id:
                        for event in self._in_order(frame):
                            self.after = event.seq
                            yield event
                    elif isinstance(frame, ErrorFrame | ResyncFrame):
                        _raise_refusal(frame)
        except InvalidStatus as error:
            if error.response.status_code == _FORBIDDEN:
                raise ForbiddenError(
                    f"{self.url} refuses this name or origin; see MATINEE_ALLOWED_HOSTS"
                ) from error
            raise _ConnectionLostError(str(error)) from error
        except ConnectionClosed as error:
            if error.rcvd is not None and error.rcvd.code == _UNAUTHENTICATED:
                raise AuthenticationError(error.rcvd.reason) from error
            raise _ConnectionLostError(str(error)) from error
        except (OSError, TimeoutError, WebSocketException) as error:
            raise _ConnectionLostError(str(error)) from error

    def _in_order(self, frame: EventsFrame) -> list[Event]:
        fresh = [event for event in frame.events if event.seq > self.after]
        for expected, event in enumerate(fresh, start=self.after + 1):
            if event.seq != expected:
                raise _ConnectionLostError(f"event {expected} is missing before {event.seq}")
        return fresh

    async def _has_all(self) -> bool:
        """An interrupted run can go on: in its record an end may stand in the middle."""
        try:
            async with asyncio.timeout(self.attempt_s):
                run = await self.get_run()
        except TimeoutError as error:
            raise _ConnectionLostError(f"no answer within {self.attempt_s:g} s") from error
        return run.state in ENDED_STATES and run.last_seq <= self.after


def _is_end(event: Event) -> bool:
    return isinstance(event, RunStateChanged) and event.state in ENDED_STATES


async def _receive(socket: ClientConnection, patience_s: float) -> ServerFrame:
    async with asyncio.timeout(patience_s):
        message = await socket.recv(decode=False)
    try:
        return SERVER_FRAME_ADAPTER.validate_json(message)
    except ValidationError as error:
        raise MatineeError(
            "the server sent a frame that this client does not know: is it newer?",
            code="unknown_frame",
        ) from error


def _raise_refusal(frame: ErrorFrame | ResyncFrame) -> NoReturn:
    if isinstance(frame, ResyncFrame):
        raise ConflictError(frame.reason, code="resync")
    if frame.code.endswith("not_found"):
        raise NotFoundError(frame.detail, code=frame.code)
    raise ConflictError(frame.detail, code=frame.code)
