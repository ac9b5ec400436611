"""Every answer has its headers and its line in the log; no exception leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from typing import Any, NoReturn

import httpx
import pytest
import structlog
from fastapi import FastAPI, WebSocket
from fastapi.responses import StreamingResponse
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

from fakes.credentials import BEARER
from fakes.serving import serving
from matinee.web.audit import Auditor
from matinee.web.boundary import CONTENT_SECURITY_POLICY, Boundary, route_of
from matinee.web.dependencies import WebDependencies
from matinee.web.telemetry import WebTelemetry

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", ["/livez", "/api/v1/runs", "/nowhere", "/", "/api/v1/runs/x"])
async def test_every_answer_carries_the_security_headers(
    script: httpx.AsyncClient, path: str
) -> None:
    """Also refusals and the page say what may run, may not be guessed, framed or referred."""
    headers = (await script.get(path)).headers

    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "frame-ancestors 'none'" in CONTENT_SECURITY_POLICY
    assert "'unsafe-eval'" not in CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


async def test_every_request_has_an_id_of_its_own(script: httpx.AsyncClient) -> None:
    """Two requests never share an id, and a client can't choose it."""
    first = await script.get("/livez", headers={"X-Request-ID": "mine"})
    second = await script.get("/livez", headers={"X-Request-ID": "mine"})

    ids = {first.headers["x-request-id"], second.headers["x-request-id"]}
    assert len(ids) == 2
    assert "mine" not in ids


async def test_the_log_tells_who_did_what_but_no_secret(
    script: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    """The access log has method, path, status and actor, and neither token nor login code."""
    with structlog.testing.capture_logs() as logs:
        await script.get("/api/v1/runs?q=word")
        await stranger.get("/login?code=very-secret")

    lines = [entry for entry in logs if entry["event"] == "request"]
    assert [(line["method"], line["path"], line["status"], line["actor"]) for line in lines] == [
        ("GET", "/api/v1/runs", 200, "token"),
        ("GET", "/login", 303, None),
    ]
    assert "very-secret" not in repr(logs)
    assert BEARER["Authorization"] not in repr(logs)


async def test_requests_are_counted_by_route(
    script: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    """Durations are labelled with the route's template, never with a path, so labels stay few."""
    await script.get("/api/v1/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV")
    await stranger.get("/api/v1/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV")
    await script.request("BREW", "/anything/at/all")
    text = (await script.get("/metrics")).text

    name = "matinee_http_request_duration_seconds_count"
    assert f'{name}{{method="GET",route="/api/v1/runs/{{run_id}}",status="404"}} 1.0' in text
    assert f'{name}{{method="GET",route="none",status="401"}} 1.0' in text
    assert f'{name}{{method="other",route="page",status="404"}} 1.0' in text
    assert "01ARZ3NDEKTSV4RRFFQ69G5FAV" not in text


async def test_a_bug_in_the_middle_of_an_answer_cuts_it(app: FastAPI, listening: str) -> None:
    """An error after the answer has begun is logged, and the client sees that it is not whole."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"half of it"
        raise RuntimeError("bug")

    @app.get("/api/v1/broken")
    async def broken() -> StreamingResponse:
        return StreamingResponse(pieces())

    async with httpx.AsyncClient(base_url=listening, headers=BEARER) as client:
        with structlog.testing.capture_logs() as logs, pytest.raises(httpx.RemoteProtocolError):
            await client.get("/api/v1/broken")

    assert "request_failed" in [entry["event"] for entry in logs]


async def test_who_waits_while_the_server_leaves_is_told(app: FastAPI) -> None:
    """A request that outlasts the server's patience is answered 503, and no bug is logged."""
    began = asyncio.Event()

    @app.get("/api/v1/slow")
    async def slow() -> None:
        began.set()
        await asyncio.Event().wait()

    async with serving(app) as url:
        client = httpx.AsyncClient(base_url=url, headers=BEARER)
        asking = asyncio.create_task(client.get("/api/v1/slow"))
        await began.wait()
    answer = await asking
    await client.aclose()

    assert answer.status_code == 503
    assert answer.json()["code"] == "shutting_down"


async def test_a_bug_in_a_socket_closes_it(app: FastAPI, listening: str) -> None:
    """An error in a WebSocket is logged and closes it with 1011."""

    @app.websocket("/api/v1/broken")
    async def broken(websocket: WebSocket) -> None:
        await websocket.accept()
        raise RuntimeError("bug")

    with structlog.testing.capture_logs() as logs:
        address = listening.replace("http", "ws") + "/api/v1/broken"
        async with connect(address, additional_headers=BEARER) as socket:
            with pytest.raises(ConnectionClosedError) as closed:
                await socket.recv()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1011
    assert "socket_failed" in [entry["event"] for entry in logs]


@pytest.mark.parametrize("bug", [False, True])
async def test_a_peer_that_left_is_no_failure(app: FastAPI, listening: str, *, bug: bool) -> None:
    """Talking to a socket whose peer has gone is told at debug; a bug there still as an error."""
    logged = asyncio.Event()
    logs: list[MutableMapping[str, Any]] = []

    def keep(_logger: object, level: str, entry: MutableMapping[str, Any]) -> NoReturn:
        logs.append({**entry, "log_level": level})
        if entry["event"] == "request":
            logged.set()
        raise structlog.DropEvent

    @app.websocket("/api/v1/slow")
    async def slow(websocket: WebSocket) -> None:
        await websocket.receive()
        await websocket.receive()
        if bug:
            raise RuntimeError("bug")
        await websocket.accept()

    with structlog.testing.capture_logs(processors=[keep]):
        host, port = listening.removeprefix("http://").split(":")
        _reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            f"GET /api/v1/slow HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"Authorization: {BEARER['Authorization']}\r\n\r\n".encode()
        )
        await writer.drain()
        writer.transport.abort()
        async with asyncio.timeout(10):
            await logged.wait()

    told = {entry["event"]: entry for entry in logs}
    if bug:
        assert told["socket_failed"]["log_level"] == "error"
        assert str(told["socket_failed"]["exc_info"]) == "bug"
    else:
        assert told["client_left"]["log_level"] == "debug"
        assert "socket_failed" not in told


def test_what_no_route_answered_has_one_label() -> None:
    """Whatever a stranger asks for adds no label."""
    assert route_of({"type": "http", "path": "/a/b/c"}) == "none"


async def test_lifespan_passes_through(dependencies: WebDependencies) -> None:
    """The boundary stands aside for start and end of the server."""
    seen = []

    async def app(scope: object, _receive: object, _send: object) -> None:
        seen.append(scope)

    async def nothing() -> dict[str, object]:
        return {}

    async def nowhere(_message: object) -> None:
        return

    auditor = Auditor(dependencies.audit, dependencies.clock)
    await Boundary(app, WebTelemetry(), auditor)({"type": "lifespan"}, nothing, nowhere)

    assert seen == [{"type": "lifespan"}]
