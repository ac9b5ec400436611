"""The live stream over a real WebSocket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from fakes.credentials import BEARER
from fakes.run_use_cases import FakeRuns, log_event, make_run
from matinee.web import sockets, stream
from matinee.web.dependencies import WebDependencies
from matinee.web.stream_places import StreamLimits
from matinee.web.stream_socket import MAX_CLIENT_FRAMES

pytestmark = pytest.mark.anyio


@pytest.fixture
async def socket(listening: str) -> AsyncIterator[ClientConnection]:
    """A connection with the token, after its hello."""
    address = listening.replace("http", "ws") + "/api/v1/stream"
    async with connect(address, additional_headers=BEARER) as connection:
        assert (await receive(connection))["type"] == "hello"
        yield connection


async def receive(connection: ClientConnection) -> dict[str, Any]:
    """The next frame."""
    message = await connection.recv(decode=True)
    frame = json.loads(message)
    assert isinstance(frame, dict)
    return frame


async def close_code(connection: ClientConnection) -> tuple[int, str]:
    """Code and reason of a close that comes now, after any frames."""

    async def drain() -> None:
        while True:
            await connection.recv()

    with pytest.raises(ConnectionClosed) as closed:
        await drain()
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


async def metrics_with(wanted: str, listening: str) -> str:
    """The metrics, once they contain this; over the network, so that others get their turn."""
    async with httpx.AsyncClient(base_url=listening, headers=BEARER) as client:
        async with asyncio.timeout(20):
            while True:
                text = (await client.get("/metrics")).text
                if wanted in text:
                    return text


async def test_events_arrive_live(socket: ClientConnection, runs: FakeRuns) -> None:
    """After a subscribe frame the run's events follow as they happen."""
    run = runs.add(make_run())
    await socket.send(json.dumps({"type": "subscribe", "run_id": run.id, "after": 0}))
    subscribed = await receive(socket)
    runs.record(run.id, log_event(1, "naïve ☂"))
    events = await receive(socket)

    assert subscribed == {"type": "subscribed", "run_id": run.id, "after": 0, "epoch": run.id}
    assert events["type"] == "events"
    assert (events["run_id"], events["next"]) == (run.id, 1)
    assert events["events"] == [log_event(1, "naïve ☂")]


async def test_the_address_can_subscribe(listening: str, runs: FakeRuns) -> None:
    """`?run=…&after=…` subscribes at once, from that cursor."""
    run = runs.add(make_run())
    runs.record(run.id, log_event(1), log_event(2))
    address = f"{listening.replace('http', 'ws')}/api/v1/stream?run={run.id}&after=1"

    async with connect(address, additional_headers=BEARER) as connection:
        frames = [await receive(connection) for _ in range(3)]

    assert [frame["type"] for frame in frames] == ["hello", "subscribed", "events"]
    assert [event["seq"] for event in frames[2]["events"]] == [2]


@pytest.mark.parametrize(
    "query", ["run=nope", "after=-1", "after=x", "run=" + "A" * 26 + "&after=1e9"]
)
async def test_a_wrong_address_is_refused(listening: str, query: str) -> None:
    """A query that is not a run and a cursor never becomes a stream."""
    address = f"{listening.replace('http', 'ws')}/api/v1/stream?{query}"

    with pytest.raises(Exception) as refusal:  # noqa: PT011 - refused before or after the handshake
        async with connect(address, additional_headers=BEARER) as connection:
            await connection.recv()

    assert "hello" not in str(refusal.value)


@pytest.mark.parametrize(
    ("message", "code", "reason"),
    [
        ('{"type": "dance"}', 1008, "dance"),
        ('{"type": "subscribe"}', 1008, "run_id"),
        (
            '{"type": "subscribe", "run_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "after": -1}',
            1008,
            "after",
        ),
        ('{"type": "subscribe", "run_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "x": 1}', 1008, "x"),
        ("[1]", 1008, ""),
        ("nonsense ☂", 1008, ""),
        (b"\x00\x01", 1003, "text"),
        ('"' + "☂" * 20_000 + '"', 1008, ""),
        ('"' + "☂" * 22_000 + '"', 1009, "65536"),
        ('"' + "a" * 70_000 + '"', 1009, ""),
    ],
)
async def test_what_is_no_frame_ends_the_connection(
    socket: ClientConnection, message: str | bytes, code: int, reason: str
) -> None:
    """Unknown, wrong, binary and oversized messages close it, with a reason."""
    await socket.send(message)

    got_code, got_reason = await close_code(socket)

    assert got_code == code
    assert reason in got_reason


async def test_a_chatterbox_is_closed(socket: ClientConnection) -> None:
    """More than a hundred messages a minute end the connection with 1008."""
    frame = json.dumps({"type": "unsubscribe", "run_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"})
    for _ in range(MAX_CLIENT_FRAMES):
        await socket.send(frame)
    for _ in range(MAX_CLIENT_FRAMES):
        assert (await receive(socket))["type"] == "unsubscribed"

    await socket.send(frame)

    code, reason = await close_code(socket)
    assert (code, "100" in reason) == (1008, True)


async def test_shutting_down_tells_the_client(
    socket: ClientConnection, dependencies: WebDependencies
) -> None:
    """1012 tells a page to come back soon."""
    dependencies.closing.set()

    assert (await close_code(socket))[0] == 1012


async def test_too_many_streams_are_turned_away(
    socket: ClientConnection, listening: str, dependencies: WebDependencies
) -> None:
    """Beyond the server's limit the handshake is answered with 503 and the reason."""
    dependencies.stream_places.limits = StreamLimits(total=1)
    assert (await socket.ping()) is not None
    address = listening.replace("http", "ws") + "/api/v1/stream"

    with pytest.raises(InvalidStatus) as refused:
        async with connect(address, additional_headers=BEARER):
            pass

    assert refused.value.response.status_code == 503
    assert b"1 live streams are open" in (refused.value.response.body or b"")
    assert 'matinee_ws_disconnects_total{reason="too_many"} 1.0' in await metrics_with(
        "too_many", listening
    )


async def test_open_and_ended_streams_are_counted(
    socket: ClientConnection, script: httpx.AsyncClient, listening: str
) -> None:
    """`/metrics` shows the open socket; after it has gone, its end with the cause."""
    open_text = (await script.get("/metrics")).text
    await socket.send(b"binary")
    await close_code(socket)
    ended_text = (await script.get("/metrics")).text

    assert listening
    assert "matinee_ws_clients 1.0" in open_text
    assert "matinee_ws_clients 0.0" in ended_text
    assert 'matinee_ws_disconnects_total{reason="refused"} 1.0' in ended_text


async def test_a_client_that_stops_reading_is_cut_off(
    listening: str, runs: FakeRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client whose network takes nothing is dropped within the time limits, and counted."""
    monkeypatch.setattr(stream, "SEND_TIMEOUT_S", 0.2)
    monkeypatch.setattr(sockets, "CLOSE_TIMEOUT_S", 0.1)
    run = runs.add(make_run())
    address = f"{listening.replace('http', 'ws')}/api/v1/stream?run={run.id}"
    more_than_buffers_hold = "x" * 20_000_000
    async with connect(
        address, additional_headers=BEARER, max_queue=1, max_size=None
    ) as connection:
        connection.transport.pause_reading()
        runs.record(run.id, log_event(1, more_than_buffers_hold))
        await metrics_with("matinee_ws_clients 1.0", listening)
        runs.record(run.id, log_event(2))
        text = await metrics_with('reason="slow"} 1.0', listening)
        connection.transport.resume_reading()
        async with asyncio.timeout(10):
            await connection.wait_closed()

    assert "matinee_ws_clients 0.0" in text


async def test_leaving_in_the_middle_is_no_failure(listening: str, runs: FakeRuns) -> None:
    """A client that vanishes while it is being sent to ends its stream without an error."""
    run = runs.add(make_run())
    address = f"{listening.replace('http', 'ws')}/api/v1/stream?run={run.id}"
    with structlog.testing.capture_logs() as logs:
        async with connect(
            address, additional_headers=BEARER, max_queue=1, max_size=None
        ) as connection:
            connection.transport.pause_reading()
            runs.record(run.id, log_event(1, "x" * 20_000_000))
            await metrics_with("matinee_ws_clients 1.0", listening)
            runs.record(run.id, log_event(2))
            connection.transport.abort()
            await metrics_with('reason="client"} 1.0', listening)

    assert "socket_failed" not in [entry["event"] for entry in logs]


async def test_leaving_a_busy_stream_is_no_failure(listening: str, runs: FakeRuns) -> None:
    """Whoever still waits to send to a client that was cut off ends with it, without an error."""
    run = runs.add(make_run())
    address = f"{listening.replace('http', 'ws')}/api/v1/stream?run={run.id}"
    with structlog.testing.capture_logs() as logs:
        async with connect(
            address, additional_headers=BEARER, max_queue=1, max_size=None
        ) as connection:
            connection.transport.pause_reading()
            for seq in (1, 2):
                runs.record(run.id, log_event(seq, "x" * 20_000_000))
                await metrics_with("matinee_ws_clients 1.0", listening)
            # Its answer waits behind the events.
            await connection.send(json.dumps({"type": "unsubscribe", "run_id": "A" * 26}))
            await metrics_with("matinee_ws_clients 1.0", listening)
            connection.transport.abort()
            await metrics_with('reason="client"} 1.0', listening)

    assert "socket_failed" not in [entry["event"] for entry in logs]
