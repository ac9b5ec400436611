"""Peers that take nothing are cut; slow ones and those that waited long are not."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from fakes.connections import FrozenConnection
from fakes.house import eventually
from matinee.bootstrap import frozen_peers
from matinee.bootstrap.frozen_peers import MAX_STUCK_LOOKS, AnsweringWebSocket, FrozenPeers

FLOOD = b"x" * 65_536
FLOOD_FRAMES = 400
"""26 MB: more than the kernel keeps for two sockets."""


def test_who_takes_nothing_is_cut_after_its_time() -> None:
    """After so many looks without progress a connection is aborted, and forgotten."""
    peers, connection = FrozenPeers(), FrozenConnection()

    assert [peers.look([connection]) for _ in range(MAX_STUCK_LOOKS)] == [0] * MAX_STUCK_LOOKS
    assert connection.transport.cuts == 0
    assert peers.look([connection]) == 1
    assert connection.transport.cuts == 1
    assert peers.look([]) == 0


def test_what_waits_is_counted() -> None:
    """Of all connections, at the last look."""
    peers, connections = FrozenPeers(), [FrozenConnection(), FrozenConnection()]
    peers.look(connections)
    each = connections[0].transport.get_write_buffer_size()
    assert peers.waiting_bytes == 2 * each > 0
    peers.look([])
    assert peers.waiting_bytes == 0


def test_pings_on_top_of_what_waits_are_no_progress() -> None:
    """What the server adds to a full buffer does not make a frozen peer look alive."""
    peers, connection = FrozenPeers(), FrozenConnection()
    for _ in range(MAX_STUCK_LOOKS + 1):
        peers.look([connection])
        connection.transport.waiting_bytes += 6

    assert connection.transport.cuts == 1


def test_a_slow_peer_stays() -> None:
    """Who takes a little now and then is not cut, however long it takes."""
    peers, connection = FrozenPeers(), FrozenConnection()
    for _ in range(10):
        for _ in range(MAX_STUCK_LOOKS):
            assert peers.look([connection]) == 0
        connection.transport.waiting_bytes -= 1

    assert connection.transport.cuts == 0


def test_who_caught_up_begins_anew() -> None:
    """A peer that has taken everything has its full time the next time, also for more bytes."""
    peers, connection = FrozenPeers(), FrozenConnection()
    for waiting_bytes in (1_000, 0, 5_000):
        connection.transport.waiting_bytes = waiting_bytes
        for _ in range(MAX_STUCK_LOOKS):
            assert peers.look([connection]) == 0


async def flood(scope: Any, receive: Any, send: Any) -> None:
    """An app that sends much, over both protocols."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        for _ in range(FLOOD_FRAMES):
            await send({"type": "websocket.send", "bytes": FLOOD})
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(FLOOD_FRAMES):
            await send({"type": "http.response.body", "body": FLOOD, "more_body": True})


@asynccontextmanager
async def flooding(**options: Any) -> AsyncIterator[tuple[uvicorn.Server, int]]:
    """That app behind the server's own protocols; the server and its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            flood, log_config=None, ws=AnsweringWebSocket, lifespan="off", **options
        )
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        await server.startup([listener])
        try:
            yield server, listener.getsockname()[1]
        finally:
            server.force_exit = True
            await server.shutdown([listener])


@asynccontextmanager
async def frozen_reader(port: int, *headers: str) -> AsyncIterator[None]:
    """Asks for everything and takes nothing."""
    request = "\r\n".join(("GET / HTTP/1.1", "Host: x", *headers, "", "")).encode()
    with socket.create_connection(("127.0.0.1", port)) as peer:
        peer.setblocking(False)
        await asyncio.get_running_loop().sock_sendall(peer, request)
        yield


WEBSOCKET = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    f"Sec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}",
)


async def stands_still(server: uvicorn.Server) -> None:
    """Wait until the one connection has more to send than its peer takes."""

    async def look() -> bool:
        connections = server.server_state.connections
        return any(each.transport.get_write_buffer_size() for each in connections)

    await eventually(look)


async def is_rid_of_all(server: uvicorn.Server) -> None:
    """Wait until no connection and no task is left."""

    async def look() -> bool:
        return not server.server_state.connections and not server.server_state.tasks

    await eventually(look)


@pytest.mark.anyio
@pytest.mark.parametrize("headers", [(), WEBSOCKET], ids=["http", "websocket"])
async def test_a_real_connection_is_got_rid_of(headers: tuple[str, ...]) -> None:
    """A peer that stopped reading leaves neither connection nor waiting task behind."""
    async with flooding() as (server, port), frozen_reader(port, *headers):
        await stands_still(server)
        peers = FrozenPeers()

        async def look() -> bool:
            return peers.look(server.server_state.connections) > 0

        # Its kernel may still take some at the beginning.
        await eventually(look)
        await is_rid_of_all(server)


@pytest.mark.anyio
async def test_who_does_not_answer_a_ping_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """A WebSocket with a full buffer whose peer answers no ping ends without waiting for it."""
    monkeypatch.setattr(frozen_peers, "FAREWELL_S", 0.05)
    pings = {"ws_ping_interval": 0.1, "ws_ping_timeout": 0.1}
    async with flooding(**pings) as (server, port), frozen_reader(port, *WEBSOCKET):
        await stands_still(server)
        await is_rid_of_all(server)
