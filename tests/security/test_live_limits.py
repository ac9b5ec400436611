"""Limits of one client against the others, at the app behind real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from fakes.credentials import BEARER
from fakes.doors import Doors
from matinee.contracts.access import Role
from matinee.web.stream_places import StreamLimits

pytestmark = pytest.mark.anyio

ULID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
STREAM, VIEW = "/api/v1/stream", f"/api/v1/runs/{ULID}/view"


@pytest.fixture
async def other(address: str) -> AsyncIterator[ClientConnection]:
    """Somebody who minds their own business on the same server."""
    async with connect(socket_url(address), additional_headers=BEARER) as socket:
        assert '"hello"' in str(await socket.recv())
        yield socket
        # Whatever the others did, this one is still served.
        assert await (await socket.ping()) >= 0


def socket_url(address: str, path: str = STREAM) -> str:
    """Of a socket."""
    return address.replace("http", "ws") + path


async def end_of(socket: ClientConnection) -> int:
    """The code with which it ends."""
    with pytest.raises(ConnectionClosed) as end:  # noqa: PT012 - whichever message it is
        async with asyncio.timeout(30):
            while True:
                await socket.recv()
    assert end.value.rcvd is not None
    return end.value.rcvd.code


@pytest.mark.usefixtures("other")
@pytest.mark.parametrize("path", [STREAM, VIEW])
async def test_a_giant_message_ends_its_socket(address: str, path: str) -> None:
    """Sixteen megabytes in one frame end with 1009; others go on."""
    async with connect(socket_url(address, path), additional_headers=BEARER) as socket:
        sending = asyncio.create_task(socket.send(bytes(16 * 1024 * 1024)))
        assert await end_of(socket) == 1009
        await asyncio.gather(sending, return_exceptions=True)


@pytest.mark.usefixtures("other")
@pytest.mark.parametrize("path", [STREAM, VIEW])
async def test_a_bomb_is_not_unpacked(address: str, path: str) -> None:
    """A client that wants to deflate is not taken up on it, so what is sent is what is read."""
    async with connect(
        socket_url(address, path), additional_headers=BEARER, compression="deflate"
    ) as socket:
        assert socket.protocol.extensions == []
        await socket.send("[" * 60_000)
        assert await end_of(socket) in {1008, 1009}


@pytest.mark.usefixtures("other")
@pytest.mark.parametrize("path", [STREAM, VIEW])
async def test_a_flood_of_messages_ends_its_socket(address: str, path: str) -> None:
    """Ten thousand good messages at once end with 1008; others go on."""
    frame = json.dumps({"type": "seen", "number": 1} if path == VIEW else {
        "type": "unsubscribe", "run_id": ULID
    })  # fmt: skip

    async def flood(socket: ClientConnection) -> None:
        for _ in range(10_000):
            await socket.send(frame)

    async with connect(socket_url(address, path), additional_headers=BEARER) as socket:
        flooding = asyncio.create_task(flood(socket))
        assert await end_of(socket) == 1008
        await asyncio.gather(flooding, return_exceptions=True)


async def test_one_token_can_not_take_all_streams(doors: Doors, address: str) -> None:
    """A class that opens more streams than its link may have is told so with 503, by whichever of
    its browsers; others still get one, and it gets one again when it gives one back.
    """
    doors.dependencies.stream_places.limits = StreamLimits(total=6, per_token=4)
    _, secret = doors.link("class", Role.VIEWER)
    async with AsyncExitStack() as stack:
        sockets = []
        for number in range(4):
            browser = await stack.enter_async_context(httpx.AsyncClient(base_url=address))
            await browser.get(f"/login?code={secret}")
            (cookie,) = browser.cookies.jar
            headers = {"Origin": address, "Cookie": f"{cookie.name}={cookie.value}"}
            url = socket_url(address, STREAM if number % 2 else VIEW)
            sockets.append(
                await stack.enter_async_context(connect(url, additional_headers=headers))
            )
        with pytest.raises(InvalidStatus) as refused:
            await connect(socket_url(address), additional_headers=headers)
        problem = json.loads(refused.value.response.body or b"")
        for _ in range(2):
            await stack.enter_async_context(connect(socket_url(address), additional_headers=BEARER))
        with pytest.raises(InvalidStatus) as full:
            await connect(socket_url(address), additional_headers=BEARER)

        assert refused.value.response.status_code == full.value.response.status_code == 503
        assert (problem["code"], "this token or link" in problem["detail"]) == (
            "limit_exceeded",
            True,
        )
        await sockets[0].close()
        async with asyncio.timeout(30):
            while True:
                try:
                    again = await connect(socket_url(address), additional_headers=headers)
                except InvalidStatus:
                    continue
                await again.close()
                break
