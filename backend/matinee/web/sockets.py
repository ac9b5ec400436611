"""What all WebSockets of the server do alike: take frames, send them, and close with a reason."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from http import HTTPStatus
from typing import Generic, NoReturn, TypeVar

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import TypeAdapter, ValidationError
from starlette.websockets import WebSocketState

from matinee.contracts.validation import field_errors
from matinee.errors import LimitExceededError
from matinee.web.connection_ends import CloseCode, StreamEndedError, client_left, refused
from matinee.web.credentials import Principal
from matinee.web.dependencies import WebDependencies
from matinee.web.problems import problem_response

CLOSE_TIMEOUT_S = 5.0
MAX_CLOSE_REASON_BYTES = 123
"""RFC 6455 §5.5: a control frame carries 125 bytes, 2 of them are the code."""

_Frame = TypeVar("_Frame")


async def serve_until_it_ends(
    websocket: WebSocket,
    dependencies: WebDependencies,
    principal: Principal,
    serve: Callable[[], Awaitable[StreamEndedError]],
) -> None:
    """Accept a connection, serve it, count its end, and tell the client why it ended.

    Where all places are taken, the handshake is answered with 503 instead.

    Args:
        websocket: Not yet accepted.
        dependencies: Where it is counted.
        principal: Whose it is.
        serve: Serves until it ends; tells why.
    """
    with ExitStack() as place:
        try:
            place.enter_context(dependencies.stream_places.hold(principal.grant))
        except LimitExceededError as error:
            dependencies.telemetry.count_disconnect("too_many")
            await websocket.send_denial_response(
                problem_response(
                    websocket.scope,
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    code=error.code,
                    detail=str(error),
                )
            )
            return
        place.enter_context(dependencies.telemetry.stream())
        await websocket.accept()
        ended = await serve()
        dependencies.telemetry.count_disconnect(ended.cause)
    if ended.cause != "client":
        await _close(websocket, ended)


async def send_message(websocket: WebSocket, message: str | bytes) -> None:
    """Send a text or a binary frame; whoever calls bounds the time.

    Raises:
        StreamEndedError: the client has left.
    """
    if websocket.application_state is WebSocketState.DISCONNECTED:
        # Another task met the end first, while this one waited for its turn to send.
        raise client_left()
    try:
        if isinstance(message, str):
            await websocket.send_text(message)
        else:
            await websocket.send_bytes(message)
    except WebSocketDisconnect as error:
        raise client_left(error.code) from error


class ClientFrames(Generic[_Frame]):
    """Takes what one client sends, within limits.

    Args:
        websocket: Accepted.
        adapter: Of the frames that a client may send.
        max_bytes: Of one frame.
        most: Frames in any `window_s`.
        window_s: See there.
        window: The same in words, after "frames a".
    """

    def __init__(
        self,
        websocket: WebSocket,
        adapter: TypeAdapter[_Frame],
        *,
        max_bytes: int,
        most: int,
        window_s: float,
        window: str,
    ) -> None:
        self._websocket = websocket
        self._adapter = adapter
        self._max_bytes = max_bytes
        self._window_s = window_s
        self._too_many = f"more than {most} frames a {window}"
        self._taken_at_s: deque[float] = deque(maxlen=most)

    async def listen(self, handle: Callable[[_Frame], Awaitable[None]]) -> NoReturn:
        """Hand on one frame after the other.

        Raises:
            StreamEndedError: the client has left, or sent what it must not.
        """
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                raise client_left()
            await handle(self._taken(message.get("text")))

    def _taken(self, text: str | None) -> _Frame:
        self._check_rate()
        if text is None:
            raise refused(CloseCode.UNSUPPORTED_DATA, "frames are text, not binary")
        if len(text.encode()) > self._max_bytes:
            raise refused(CloseCode.MESSAGE_TOO_BIG, f"a frame has at most {self._max_bytes} bytes")
        try:
            return self._adapter.validate_json(text)
        except ValidationError as error:
            field = field_errors(error)[0]
            reason = ": ".join((*(str(part) for part in field.loc), field.message))
            raise refused(CloseCode.POLICY_VIOLATION, reason) from error

    def _check_rate(self) -> None:
        now_s = asyncio.get_running_loop().time()
        is_full = len(self._taken_at_s) == self._taken_at_s.maxlen
        if is_full and now_s - self._taken_at_s[0] < self._window_s:
            raise refused(CloseCode.POLICY_VIOLATION, self._too_many)
        self._taken_at_s.append(now_s)


async def _close(websocket: WebSocket, ended: StreamEndedError) -> None:
    """Tell the client why it ends, if it takes that."""
    short = ended.reason.encode()[:MAX_CLOSE_REASON_BYTES].decode(errors="ignore")
    if websocket.application_state is WebSocketState.DISCONNECTED:
        # Somebody who sent last has met the end already.
        return
    # A client that takes nothing can't take the close frame either; the server then cuts it.
    with suppress(TimeoutError, WebSocketDisconnect):
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await websocket.close(ended.code, short)
