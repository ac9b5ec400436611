"""Floods of frames, endless fragments, and handshakes that nobody can read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from uvicorn.protocols.utils import ClientDisconnected

from fakes.house import eventually
from fakes.raw_connection import UPGRADE, RawConnection, head, masked, raw_connection
from fakes.serving import serving_with
from matinee.bootstrap import guarded_socket
from matinee.bootstrap.connection_places import Refusal
from matinee.bootstrap.guarded_server import GuardedServer
from matinee.bootstrap.guarded_socket import MAX_FRAGMENTS, MAX_FRAMES_PER_SECOND

pytestmark = pytest.mark.anyio

TEXT, BINARY, CLOSE, PING, PONG, CONTINUED = 0x1, 0x2, 0x8, 0x9, 0xA, 0x0


class Echo:
    """Sends back what it gets; counts it."""

    def __init__(self) -> None:
        self.messages = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One socket."""
        assert scope["type"] == "websocket"
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            self.messages += 1
            text, data = message.get("text"), message.get("bytes")
            await send({"type": "websocket.send", "text": text, "bytes": data})


@pytest.fixture
def echo() -> Echo:
    """What the server serves."""
    return Echo()


@pytest.fixture
async def serving(echo: Echo) -> AsyncIterator[tuple[GuardedServer, int]]:
    """The server and its port."""
    async with serving_with(echo, lifespan="off") as found:
        yield found


@pytest.fixture
async def socket(serving: tuple[GuardedServer, int]) -> AsyncIterator[RawConnection]:
    """An open WebSocket."""
    async with raw_connection(serving[1]) as connection:
        await connection.send(head("GET / HTTP/1.1", "Host: x", *UPGRADE))
        assert b" 101 " in await connection.head()
        yield connection


async def is_alone(server: GuardedServer) -> None:
    """Wait until no connection and no task is left."""

    async def nobody() -> bool:
        return not server.server_state.connections and not server.server_state.tasks

    await eventually(nobody)


@pytest.mark.parametrize("opcode", [TEXT, BINARY, PING, PONG])
async def test_a_flood_of_frames_is_cut(
    serving: tuple[GuardedServer, int], socket: RawConnection, echo: Echo, opcode: int
) -> None:
    """Ten thousand frames at once end the connection with 1008, and hardly any is looked at."""
    server, _ = serving
    flood = asyncio.create_task(socket.send(masked(opcode) * 10_000))

    assert await socket.close_code() == 1008
    await flood
    assert echo.messages <= MAX_FRAMES_PER_SECOND
    assert server.places.refusals == {Refusal.FLOOD: 1}
    await is_alone(server)


async def test_as_many_frames_as_allowed_pass(socket: RawConnection, echo: Echo) -> None:
    """A page that asks for much at once gets it."""
    await socket.send(masked(TEXT, b"x") * MAX_FRAMES_PER_SECOND)

    async with asyncio.timeout(30):
        echoes = await socket.reader.readexactly(3 * MAX_FRAMES_PER_SECOND)
    assert echoes == b"\x81\x01x" * MAX_FRAMES_PER_SECOND
    assert echo.messages == MAX_FRAMES_PER_SECOND


async def test_endless_fragments_are_cut(
    serving: tuple[GuardedServer, int], socket: RawConnection
) -> None:
    """A message in more parts than anybody needs, of which each may be empty, ends with 1009."""
    parts = masked(CONTINUED, final=False) * MAX_FRAGMENTS
    await socket.send(masked(TEXT, final=False) + parts)

    assert await socket.close_code() == 1009
    await is_alone(serving[0])


async def test_a_message_that_is_too_big_in_parts_is_cut(
    serving: tuple[GuardedServer, int], socket: RawConnection
) -> None:
    """Parts that are small alone and too much together end with 1009."""
    part = b"x" * 30_000
    await socket.send(
        masked(TEXT, part, final=False)
        + masked(CONTINUED, part, final=False)
        + masked(CONTINUED, part, final=False)
    )

    assert await socket.close_code() == 1009
    await is_alone(serving[0])


async def test_a_frame_of_sixteen_megabytes_is_refused_by_its_length(
    serving: tuple[GuardedServer, int], socket: RawConnection
) -> None:
    """What is announced as too big ends with 1009 before it is here."""
    await socket.send(masked(BINARY, bytes(16 * 1024 * 1024))[:1000])

    assert await socket.close_code() == 1009
    await is_alone(serving[0])


async def test_compression_is_never_agreed_to(serving: tuple[GuardedServer, int]) -> None:
    """A client that offers to deflate is not taken up, and a frame that is packed ends with 1002:
    so a small frame can't become a large one.
    """
    offer = "Sec-WebSocket-Extensions: permessage-deflate"
    async with raw_connection(serving[1]) as connection:
        await connection.send(head("GET / HTTP/1.1", "Host: x", *UPGRADE, offer))
        assert b"extensions" not in (await connection.head()).lower()
        await connection.send(b"\xc1" + masked(TEXT, b"\x02\x00")[1:])
        assert await connection.close_code() == 1002


async def test_a_flood_after_the_goodbye_is_cut_at_once(
    serving: tuple[GuardedServer, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who goes on sending after the server has closed is not listened to for ten seconds more."""
    monkeypatch.setattr(guarded_socket, "FAREWELL_S", 0.01)
    async with raw_connection(serving[1]) as connection:
        await connection.send(head("GET / HTTP/1.1", "Host: x", *UPGRADE))
        await connection.head()
        await connection.send(masked(CLOSE))
        await connection.send(masked(PING) * 10_000)
        await connection.rest()
    await is_alone(serving[0])


@pytest.mark.parametrize(
    "lines",
    [
        ("GET / HTTP/1.1", "Host: x", "X: a\x01b"),
        ("GET / HTTP/1.1", "Host: x", "X: \xff"),
        ("GET / HTTP/1.1", "Host: x", "X : a"),
        ("GET / HTTP/1.1", "Host: x", "X: a", " folded"),
        ("GET / HTTP/1.1", "Host: x", f"X: {'a' * 8191}"),
        ("GET / HTTP/1.1", "Host: x", f"X: {'a' * 8180}"),
        ("GET / HTTP/1.1", "Host: x", *(["X: a"] * 120)),
        ("GET /\xff HTTP/1.1", "Host: x"),
        ("GET / HTTP/1.0", "Host: x"),
        ("POST / HTTP/1.1", "Host: x"),
        ("GET / HTTP/1.1", "Host: x", "Sec-WebSocket-Version: 12"),
        ("GET / HTTP/1.1", "Host: x", "Content-Length: 3"),
        ("GET http://x/ HTTP/1.1", "Host: x"),
    ],
)
async def test_no_handshake_leaves_a_connection_behind(
    serving: tuple[GuardedServer, int], lines: tuple[str, ...]
) -> None:
    """A handshake that one of the two parsers can't read, or that is none, is answered and over;
    one that both can read opens.
    """
    server, port = serving
    async with raw_connection(port) as connection:
        await connection.send(head(*lines, *UPGRADE))
        status = (await connection.head()).split(b" ", 2)[1]
        if status != b"101":
            assert status in {b"400", b"405", b"414", b"426", b"431"}
            await is_alone(server)
    await is_alone(server)


async def test_a_refused_handshake_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    """Who is turned away with an answer leaves no line in the log: a crowd would fill it."""

    async def full(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "websocket.http.response.start", "status": 503, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b"full"})

    async with serving_with(full, lifespan="off") as (server, port):
        async with raw_connection(port) as connection:
            await connection.send(head("GET / HTTP/1.1", "Host: x", *UPGRADE))
            assert b" 503 " in await connection.head()
            assert await connection.rest() == b"full"
        await is_alone(server)

    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_an_app_that_speaks_after_the_end_meets_a_peer_that_left() -> None:
    """When the protocol has ended a socket, what the app still sends fails as if the peer had gone,
    which it expects, and not as a mistake of its own.
    """
    met: list[type[BaseException]] = []

    async def talks(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        try:
            await send({"type": "websocket.send", "text": "still here"})
        except BaseException as error:
            met.append(type(error))
            raise

    async with serving_with(talks, lifespan="off") as (server, port):
        async with raw_connection(port) as connection:
            await connection.send(head("GET / HTTP/1.1", "Host: x", *UPGRADE))
            await connection.head()
            await connection.send(masked(PING) * 10_000)
            assert await connection.close_code() == 1008
        await is_alone(server)

    assert met == [ClientDisconnected]
