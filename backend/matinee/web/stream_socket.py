"""The live stream over a WebSocket."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import NoReturn

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import ValidationError
from starlette.websockets import WebSocketState

from matinee.contracts.stream import (
    CLIENT_FRAME_ADAPTER,
    MAX_CLIENT_FRAME_BYTES,
    SubscribeFrame,
)
from matinee.contracts.validation import field_errors
from matinee.errors import LimitExceededError
from matinee.web.credentials import Principal
from matinee.web.dependencies import WebDependencies
from matinee.web.stream import CloseCode, LiveStream, StreamEndedError

MAX_CLIENT_FRAMES = 100
CLIENT_FRAME_WINDOW_S = 60.0
CLOSE_TIMEOUT_S = 5.0
MAX_CLOSE_REASON_BYTES = 123
"""RFC 6455 §5.5: a control frame carries 125 bytes, 2 of them are the code."""


async def serve_socket(
    websocket: WebSocket,
    dependencies: WebDependencies,
    principal: Principal,
    *,
    first: SubscribeFrame | None,
) -> None:
    """Serve one WebSocket until it ends, and close it with the reason."""
    await websocket.accept()

    async def send(frame: str, _cursor: int | None) -> None:
        if websocket.application_state is WebSocketState.DISCONNECTED:
            # Another task met the end first, while this one waited for its turn to send.
            raise StreamEndedError(CloseCode.NORMAL, "the client has left", cause="client")
        try:
            await websocket.send_text(frame)
        except WebSocketDisconnect as error:
            raise StreamEndedError(error.code, "the client has left", cause="client") from error

    try:
        with dependencies.telemetry.stream():
            stream = LiveStream(dependencies, principal, send=send)
            ended = await stream.serve(_Listener(websocket, stream).listen, first=first)
    except LimitExceededError as error:
        ended = StreamEndedError(CloseCode.TRY_AGAIN_LATER, str(error), cause="too_many")
    dependencies.telemetry.count_disconnect(ended.cause)
    if ended.cause != "client":
        await close_socket(websocket, ended.code, ended.reason)


class _Listener:
    """Takes what the client sends, not more than 100 frames a minute."""

    def __init__(self, websocket: WebSocket, stream: LiveStream) -> None:
        self._websocket = websocket
        self._stream = stream
        self._taken_at: deque[float] = deque(maxlen=MAX_CLIENT_FRAMES)

    async def listen(self) -> NoReturn:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                raise StreamEndedError(CloseCode.NORMAL, "the client has left", cause="client")
            await self._take(message.get("text"))

    async def _take(self, text: str | None) -> None:
        self._check_rate()
        if text is None:
            raise StreamEndedError(
                CloseCode.UNSUPPORTED_DATA, "frames are text, not binary", cause="refused"
            )
        if len(text.encode()) > MAX_CLIENT_FRAME_BYTES:
            raise StreamEndedError(
                CloseCode.MESSAGE_TOO_BIG,
                f"a frame has at most {MAX_CLIENT_FRAME_BYTES} bytes",
                cause="refused",
            )
        try:
            frame = CLIENT_FRAME_ADAPTER.validate_json(text)
        except ValidationError as error:
            field = field_errors(error)[0]
            raise StreamEndedError(
                CloseCode.POLICY_VIOLATION,
                ": ".join((*(str(part) for part in field.loc), field.message)),
                cause="refused",
            ) from error
        await self._stream.handle(frame)

    def _check_rate(self) -> None:
        now = asyncio.get_running_loop().time()
        if (
            len(self._taken_at) == MAX_CLIENT_FRAMES
            and now - self._taken_at[0] < CLIENT_FRAME_WINDOW_S
        ):
            raise StreamEndedError(
                CloseCode.POLICY_VIOLATION,
                f"more than {MAX_CLIENT_FRAMES} frames a minute",
                cause="refused",
            )
        self._taken_at.append(now)


async def close_socket(websocket: WebSocket, code: int, reason: str) -> None:
    """Tell the client why it ends, if it takes that."""
    short = reason.encode()[:MAX_CLOSE_REASON_BYTES].decode(errors="ignore")
    # A client that takes nothing can't take the close frame either; the server then cuts it.
    with suppress(TimeoutError, WebSocketDisconnect):
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await websocket.close(code, short)
