"""What all WebSockets do alike, tried on each of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from starlette.types import Message
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from fakes.credentials import BEARER
from matinee.contracts.stream import MAX_CLIENT_FRAME_BYTES
from matinee.web import view_socket
from matinee.web.connection_ends import StreamEndedError
from matinee.web.sockets import MAX_CLOSE_REASON_BYTES, _close, send_message

pytestmark = pytest.mark.anyio

LARGEST_BYTES = {
    "/api/v1/stream": MAX_CLIENT_FRAME_BYTES,
    "/api/v1/runs/01KAVXB3G9Y0Z6T4QW5N7M8R2C/view": view_socket.MAX_CLIENT_FRAME_BYTES,
}


@pytest.fixture(params=LARGEST_BYTES)
def path(request: pytest.FixtureRequest) -> str:
    """Of one socket after the other."""
    assert isinstance(request.param, str)
    return request.param


@pytest.fixture
async def socket(listening: str, path: str) -> AsyncIterator[ClientConnection]:
    """A connection with the token."""
    address = listening.replace("http", "ws") + path
    async with connect(address, additional_headers=BEARER) as connection:
        yield connection


async def closed(connection: ClientConnection) -> tuple[int, str]:
    """Code and reason of a close that comes now, after anything else."""
    with pytest.raises(ConnectionClosed) as end:  # noqa: PT012 - whichever message it is
        while True:
            await asyncio.wait_for(connection.recv(), 30)
    assert end.value.rcvd is not None
    return end.value.rcvd.code, end.value.rcvd.reason


async def test_a_frame_that_is_too_large_is_told_as_that(
    socket: ClientConnection, path: str
) -> None:
    """With 1009 and the limit in bytes, not characters."""
    await socket.send(json.dumps("☂" * (LARGEST_BYTES[path] // 3), ensure_ascii=False))

    code, reason = await closed(socket)
    assert (code, str(LARGEST_BYTES[path]) in reason) == (1009, True)


async def test_binary_is_refused(socket: ClientConnection) -> None:
    """With 1003."""
    await socket.send(b"\x00")

    assert (await closed(socket))[0] == 1003


async def test_a_long_reason_is_cut_between_characters(socket: ClientConnection) -> None:
    """A close frame has room for 123 bytes: a longer reason must not break it."""
    await socket.send(json.dumps({"type": "☂" * 100}, ensure_ascii=False))

    code, reason = await closed(socket)
    assert code == 1008
    assert "☂" in reason
    assert MAX_CLOSE_REASON_BYTES - 3 < len(reason.encode()) <= MAX_CLOSE_REASON_BYTES


async def test_nobody_is_told_why_it_ended_who_has_left_already() -> None:
    """After a send that met the end, a close would be a mistake of ours, and is left out."""

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        if message["type"] != "websocket.accept":
            raise OSError

    websocket = WebSocket({"type": "websocket", "headers": []}, receive, send)
    await websocket.accept()
    with pytest.raises(StreamEndedError):
        await send_message(websocket, "x")

    await _close(websocket, StreamEndedError(1012, "the server leaves", cause="shutdown"))
