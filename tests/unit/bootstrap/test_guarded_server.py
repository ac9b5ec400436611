"""The looks that the running server takes at its connections."""

from __future__ import annotations

import pytest
import structlog

from fakes.connections import FrozenConnection
from fakes.house import eventually
from fakes.raw_connection import raw_connection
from fakes.serving import serving_with
from matinee.bootstrap import guarded_http
from matinee.bootstrap.connection_places import ConnectionLimits
from matinee.bootstrap.frozen_peers import MAX_STUCK_LOOKS
from matinee.bootstrap.guarded_http import MIN_LATE_LOOKS, GuardedHttp
from matinee.bootstrap.guarded_server import TICKS_PER_LOOK, GuardedServer

pytestmark = pytest.mark.anyio


async def nothing(_scope: object, _receive: object, _send: object) -> None:
    """An app that is never called."""


async def tick(server: GuardedServer, *, seconds: int) -> None:
    """Let so much of its time pass."""
    for number in range(seconds * TICKS_PER_LOOK):
        assert not await server.on_tick(number)


async def test_who_takes_nothing_is_cut_while_the_server_runs() -> None:
    """The running server looks for frozen peers once a second, cuts them, and says so once."""
    server = GuardedServer(nothing, ConnectionLimits())
    frozen = FrozenConnection()
    server.server_state.connections.add(frozen)  # type: ignore[arg-type]

    with structlog.testing.capture_logs() as logs:
        await tick(server, seconds=MAX_STUCK_LOOKS)
        assert frozen.transport.cuts == 0
        await tick(server, seconds=2)
        server.server_state.connections.clear()
        await tick(server, seconds=2)

    assert frozen.transport.cuts == 1
    assert logs == [
        {"event": "connections_refused", "log_level": "warning", "open": 1, "frozen": 1}
    ]


async def test_who_dawdles_is_cut_while_the_server_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The running server gives a request its time, then cuts it."""
    monkeypatch.setattr(guarded_http, "LATE_S", 0.0)
    async with (
        serving_with(nothing, lifespan="off") as (server, port),
        raw_connection(port) as connection,
    ):
        await connection.send(b"GET /")
        await eventually(lambda: _has_received(server))
        # The server's own looks may add to ours, but ours alone are enough.
        await tick(server, seconds=MIN_LATE_LOOKS + 2)
        answer = await connection.rest()

    assert answer.startswith(b"HTTP/1.1 408 ")


async def _has_received(server: GuardedServer) -> bool:
    return any(
        isinstance(each, GuardedHttp) and each._received_bytes > 0
        for each in server.server_state.connections
    )
