"""Requests that never end, are too big, or name another host by their target."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from fakes.house import eventually
from fakes.raw_connection import RawConnection, head, raw_connection, status_of
from fakes.serving import serving_with
from matinee.bootstrap import guarded_http
from matinee.bootstrap.connection_places import ConnectionLimits, Refusal
from matinee.bootstrap.guarded_http import (
    MAX_HEAD_BYTES,
    MAX_HEADERS,
    MAX_REQUEST_BYTES,
    MAX_TARGET_BYTES,
    MIN_LATE_LOOKS,
    GuardedHttp,
)
from matinee.bootstrap.guarded_server import GuardedServer

pytestmark = pytest.mark.anyio

GOOD = head("GET / HTTP/1.1", "Host: x")


class App:
    """Answers what is whole; knows what it was asked, and waits where a test wants it to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request or socket."""
        self.asked.append(scope["path"])
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close"})
            return
        while (message := await receive()).get("more_body"):
            pass
        if message["type"] == "http.disconnect":
            return
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"well", "more_body": True})
        await self.may_end.wait()
        await send({"type": "http.response.body"})


@pytest.fixture
def app() -> App:
    """What the server serves."""
    return App()


@pytest.fixture
async def serving(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[GuardedServer, int]]:
    """The server, which looks at its connections only when the test has it look, and its port; in
    its eyes ten seconds pass at once.
    """
    monkeypatch.setattr(guarded_http, "LATE_S", 0.0)
    async with serving_with(app, ConnectionLimits(total=4, per_peer=2), lifespan="off") as found:
        found[0]._look = lambda: None  # type: ignore[method-assign]
        yield found


def look(server: GuardedServer) -> None:
    """What the server does once a second."""
    for connection in list(server.server_state.connections):
        assert isinstance(connection, GuardedHttp)
        connection.look()


async def has_received(server: GuardedServer, size: int) -> None:
    """Wait until this much of an unfinished request is here."""

    async def arrived() -> bool:
        return any(
            isinstance(each, GuardedHttp) and each._received_bytes >= size
            for each in server.server_state.connections
        )

    await eventually(arrived)


async def is_alone(server: GuardedServer) -> None:
    """Wait until no connection is left."""

    async def nobody() -> bool:
        return not server.server_state.connections

    await eventually(nobody)


@pytest.mark.parametrize(
    "unfinished",
    [
        b"G",
        head("GET / HTTP/1.1", "Host: x")[:-2],
        head("POST / HTTP/1.1", "Host: x", "Content-Length: 5") + b"abcd",
        head("POST / HTTP/1.1", "Host: x", "Transfer-Encoding: chunked") + b"5\r\nabcde\r\n0\r\n",
    ],
    ids=["a letter", "head", "body", "chunks"],
)
@pytest.mark.parametrize("is_first", [True, False])
async def test_a_request_that_does_not_get_whole_is_cut(
    serving: tuple[GuardedServer, int], unfinished: bytes, is_first: bool
) -> None:
    """A head or body that is not here whole after the time is answered with 408, and closed; the
    first one of a connection and any that follows.
    """
    server, port = serving
    async with raw_connection(port) as connection:
        if not is_first:
            await connection.send(GOOD)
            await connection.answer()
        await connection.send(unfinished)
        await has_received(server, 1)
        for _ in range(MIN_LATE_LOOKS):
            look(server)
        assert server.places.refusals == {}
        look(server)
        answer = await connection.rest()

    assert b"HTTP/1.1 408 Request Timeout\r\n" in answer
    assert b'"code":"request_timeout"' in answer
    assert server.places.refusals == {Refusal.LATE: 1}
    await is_alone(server)


async def test_empty_lines_keep_no_connection_open(serving: tuple[GuardedServer, int]) -> None:
    """What a parser skips between requests is no sign of life."""
    server, port = serving
    async with raw_connection(port) as connection:
        await connection.send(GOOD)
        await connection.answer()
        for _ in range(MIN_LATE_LOOKS + 1):
            await connection.send(b"\r\n")
            await has_received(server, 1)
            look(server)
        assert (await connection.rest()).startswith(b"HTTP/1.1 408 ")


async def test_who_says_nothing_is_cut_without_a_word(serving: tuple[GuardedServer, int]) -> None:
    """A connection on which nothing ever came is closed: an answer would be taken for another's."""
    server, port = serving
    async with raw_connection(port) as connection:
        await eventually(lambda: _has_connections(server))
        for _ in range(MIN_LATE_LOOKS + 1):
            look(server)
        assert await connection.rest() == b""


async def _has_connections(server: GuardedServer) -> bool:
    return bool(server.server_state.connections)


async def test_a_server_that_takes_its_time_cuts_nobody(
    serving: tuple[GuardedServer, int], app: App
) -> None:
    """A request that is whole has all the time that its answer needs, and so has the next one."""
    server, port = serving
    app.may_answer.clear()
    async with raw_connection(port) as connection:
        await connection.send(GOOD + head("GET /2 HTTP/1.1", "Host: x") + b"GET /3 HT")
        await eventually(lambda: _was_asked(app, 1))
        for _ in range(3 * MIN_LATE_LOOKS):
            look(server)
        app.may_answer.set()
        await eventually(lambda: _was_asked(app, 2))
        await connection.send(b"TP/1.1\r\nHost: x\r\n\r\n")
        await eventually(lambda: _was_asked(app, 3))

    assert server.places.refusals == {}


async def _was_asked(app: App, times: int) -> bool:
    return len(app.asked) >= times


async def test_an_idle_connection_is_no_late_one(serving: tuple[GuardedServer, int]) -> None:
    """Between two requests uvicorn's own time for idle connections counts, which is longer."""
    server, port = serving
    async with raw_connection(port) as connection:
        for _ in range(2):
            await connection.send(GOOD)
            await connection.answer()
            for _ in range(3 * MIN_LATE_LOOKS):
                look(server)

    assert server.places.refusals == {}


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (head(f"GET /{'a' * MAX_TARGET_BYTES} HTTP/1.1", "Host: x"), 414),
        (head("GET / HTTP/1.1", *(["Host: x"] * (MAX_HEADERS + 1))), 431),
        (head("GET / HTTP/1.1", f"X: {'a' * MAX_HEAD_BYTES}"), 431),
        (head("GET / HTTP/1.1", *([f"X: {'a' * 8000}"] * 9)), 431),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 2 * MAX_HEAD_BYTES, 431),
        (b"a" * 2 * MAX_HEAD_BYTES, 400),
        (b"\r\n" * MAX_HEAD_BYTES, 431),
        (
            head("POST / HTTP/1.1", "Host: x", "Transfer-Encoding: chunked")
            + b"1;"
            + b"a" * (MAX_REQUEST_BYTES + 1),
            413,
        ),
        (
            head("POST / HTTP/1.1", "Host: x", "Transfer-Encoding: chunked")
            + b"0\r\nX: "
            + b"a" * (MAX_REQUEST_BYTES + 1),
            413,
        ),
        (head("GET http://x/ HTTP/1.1", "Host: x"), 400),
        (head("GET x HTTP/1.1", "Host: x"), 400),
        (head("OPTIONS * HTTP/1.1", "Host: x"), 400),
        (head("CONNECT x:80 HTTP/1.1", "Host: x"), 400),
        (head("GET /\xff HTTP/1.1", "Host: x"), 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00", 400),
    ],
)
async def test_what_no_handler_may_see_is_refused(
    serving: tuple[GuardedServer, int], app: App, request_bytes: bytes, status: int
) -> None:
    """Heads and targets beyond their limits, and targets that are no path, are refused by name."""
    server, port = serving

    assert await status_of(port, request_bytes) == status
    assert [path for path in app.asked if not request_bytes.startswith(b"POST")] == []
    assert server.places.refusals == {Refusal.MALFORMED: 1}
    await is_alone(server)


async def test_a_full_head_passes(serving: tuple[GuardedServer, int]) -> None:
    """As many headers, bytes and letters of a path as are allowed are served."""
    _, port = serving
    path = "/" + "a" * (MAX_TARGET_BYTES - 1)
    many = ["Host: x"] + ["X: y"] * (MAX_HEADERS - 1)

    assert await status_of(port, head(f"GET {path} HTTP/1.1", "Host: x")) == 200
    assert await status_of(port, head("GET / HTTP/1.1", *many)) == 200
    assert await status_of(port, head("GET / HTTP/1.1", f"X: {'a' * 32_000}")) == 200


async def test_an_answer_that_has_begun_is_not_mixed_with_a_refusal(
    serving: tuple[GuardedServer, int], app: App
) -> None:
    """Nonsense behind a request whose answer is under way ends the connection and adds no bytes."""
    server, port = serving
    app.may_end.clear()
    async with raw_connection(port) as connection:
        await connection.send(GOOD)
        assert b" 200 " in await connection.head()
        await connection.send(b"\x00nonsense\r\n\r\n")
        rest = await connection.rest()
        app.may_end.set()

    assert rest == b"4\r\nwell\r\n"
    await is_alone(server)


async def test_who_comes_when_all_is_taken_gets_503(
    serving: tuple[GuardedServer, int], app: App
) -> None:
    """Over the total, with every connection at work, a new one is answered with 503 and closed."""
    server, port = serving
    app.may_answer.clear()
    busy = [await _opened(port, GOOD) for _ in range(4)]
    await eventually(lambda: _was_asked(app, 4))

    assert await status_of(port, GOOD) == 503
    assert server.places.refusals == {Refusal.FULL: 1}
    app.may_answer.set()
    for connection in busy:
        assert b" 200 " in await connection.head()
        connection.writer.transport.abort()
    await is_alone(server)
    assert await status_of(port, GOOD) == 200


async def test_idle_connections_make_room(serving: tuple[GuardedServer, int]) -> None:
    """A crowd that only holds connections open keeps nobody out."""
    server, port = serving
    crowd = [await _opened(port, b"G") for _ in range(12)]

    assert [await status_of(port, GOOD) for _ in range(3)] == [200] * 3
    assert server.places.refusals[Refusal.MADE_ROOM] >= 8
    assert server.places.refusals[Refusal.FULL] == 0
    for connection in crowd:
        connection.writer.transport.abort()
    await is_alone(server)


async def test_one_address_has_its_own_limit(serving: tuple[GuardedServer, int], app: App) -> None:
    """Another address than that of everybody here gets no more than its share."""
    server, port = serving
    app.may_answer.clear()
    busy = [await _opened(port, GOOD, source="127.0.0.2") for _ in range(2)]
    await eventually(lambda: _was_asked(app, 2))

    assert await status_of(port, GOOD, source="127.0.0.2") == 503
    assert server.places.refusals == {Refusal.PEER: 1}
    app.may_answer.set()
    assert await status_of(port, GOOD, source="127.0.0.3") == 200
    for connection in busy:
        connection.writer.transport.abort()


async def _opened(port: int, request: bytes, *, source: str = "127.0.0.1") -> RawConnection:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    writer.write(request)
    return RawConnection(reader, writer)


async def test_a_request_has_ten_seconds(
    serving: tuple[GuardedServer, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often the server looks, nobody is cut before the time is over."""
    server, port = serving
    monkeypatch.setattr(guarded_http, "LATE_S", 10.0)
    async with raw_connection(port) as connection:
        await connection.send(b"G")
        await has_received(server, 1)
        for _ in range(10 * MIN_LATE_LOOKS):
            look(server)
        assert server.places.refusals == {}
        (waiting,) = server.server_state.connections
        assert isinstance(waiting, GuardedHttp)
        waiting._began_s -= 10.0
        look(server)
        assert server.places.refusals == {Refusal.LATE: 1}
