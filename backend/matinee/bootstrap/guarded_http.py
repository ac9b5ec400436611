"""HTTP connections that can't be held open by who never finishes a request, nor fill the memory.

uvicorn waits for a request as long as it takes, parses heads of any size, and counts nothing. Here
a request arrives whole within some ten seconds, or its connection is cut; its head is bounded, and
its target is a path: an absolute one would name a host beside the one of the Host header.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from matinee.bootstrap.connection_places import ConnectionPlaces, Refusal
from matinee.contracts.problem import PROBLEM_MEDIA_TYPE, Problem

LATE_S: Final = 10.0
"""So long may a request take to arrive."""
MIN_LATE_LOOKS: Final = 5
"""With about a look a second. After the server itself stood still, as on a notebook that slept, all
that waits in its sockets is read between two looks, before anybody is cut."""
MAX_TARGET_BYTES: Final = 8_000
MAX_HEADERS: Final = 100
MAX_HEAD_BYTES: Final = 64 * 1024
MAX_SOCKET_LINE_BYTES: Final = 8_190
"""The head of a WebSocket is read a second time, by websockets, which takes no longer lines."""
MAX_REQUEST_BYTES: Final = 8 * 1024 * 1024
"""On the wire: a body has at most one, but chunks and what follows them cost extra."""


@dataclass(frozen=True)
class _Answer:
    status: HTTPStatus
    code: str
    detail: str


_BAD_REQUEST = _Answer(HTTPStatus.BAD_REQUEST, "bad_request", "this is no request in HTTP/1.1")
_BAD_TARGET = _Answer(
    HTTPStatus.BAD_REQUEST, "bad_request", "the target of a request is a path that begins with /"
)
_LONG_TARGET = _Answer(
    HTTPStatus.REQUEST_URI_TOO_LONG,
    "target_too_long",
    f"a path with its query has at most {MAX_TARGET_BYTES:,} bytes",
)
_BIG_HEAD = _Answer(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "head_too_large",
    f"a request has at most {MAX_HEADERS} headers, and {MAX_HEAD_BYTES:,} bytes of them; for a "
    f"WebSocket each has at most {MAX_SOCKET_LINE_BYTES:,} bytes",
)
_BIG_REQUEST = _Answer(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "body_too_large",
    f"a request has at most {MAX_REQUEST_BYTES:,} bytes on the wire",
)
_LATE = _Answer(
    HTTPStatus.REQUEST_TIMEOUT,
    "request_timeout",
    f"the request was not here whole after {LATE_S:g} seconds",
)
_FULL = _Answer(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "too_many_connections",
    "too many connections are open; close some, or come back later",
)


class _RefusedError(ValueError):
    """Stops the parser, which reports it as malformed input."""


class GuardedHttp(HttpToolsProtocol):
    """One connection. Lives until it is lost, or a WebSocket takes it over."""

    def __init__(self, *arguments: Any, places: ConnectionPlaces, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._places = places
        self._answer = _BAD_REQUEST
        # Of the request that is arriving.
        self._is_whole = False
        self._is_in_head = True
        self._received_bytes = 0
        self._header_bytes = 0
        self._began_s = self.loop.time()
        self._late_looks = 0

    # ---- what the transport says -----------------------------------------------------------------

    def connection_made(  # type: ignore[override] # as uvicorn has it
        self, transport: asyncio.Transport
    ) -> None:
        """Take a place, if there is one."""
        super().connection_made(transport)
        refusal = self._places.refusal_of(_peer(self), [_peer(each) for each in self.connections])
        if refusal is not None:
            self._answer = _FULL
            self._refuse()
            return
        self._places.begin_waiting(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Free the place."""
        self._places.end_waiting(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, and count what can't be counted while parsing."""
        if self.transport.is_closing():
            return
        # Whatever comes begins a request, also what the parser skips, such as empty lines.
        if self._is_whole:
            self._is_whole, self._began_s = False, self.loop.time()
        self._received_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._is_in_head and self._received_bytes > MAX_HEAD_BYTES:
            self._answer = _BIG_HEAD
            self._malformed()
        elif not self._is_whole and self._received_bytes > MAX_REQUEST_BYTES:
            self._answer = _BIG_REQUEST
            self._malformed()

    # ---- what the parser says --------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A request begins, perhaps behind another one."""
        super().on_message_begin()
        if self._is_whole:
            self._began_s = self.loop.time()
        self._is_whole, self._is_in_head, self._header_bytes = False, True, 0

    def on_url(self, url: bytes) -> None:
        """A part of the target."""
        super().on_url(url)
        if len(self.url) > MAX_TARGET_BYTES:
            raise self._refused_as(_LONG_TARGET)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header, also behind a body in chunks."""
        super().on_header(name, value)
        self._header_bytes += len(name) + len(value)
        if len(self.headers) > MAX_HEADERS or self._header_bytes > MAX_HEAD_BYTES:
            raise self._refused_as(_BIG_HEAD)

    def on_headers_complete(self) -> None:
        """The head is here: refuse what no handler shall see."""
        if not (self.url.startswith(b"/") and self.url.isascii()):
            raise self._refused_as(_BAD_TARGET)
        if self.parser.should_upgrade() and self._should_upgrade():
            if any(len(name) + len(value) > MAX_SOCKET_LINE_BYTES for name, value in self.headers):
                raise self._refused_as(_BIG_HEAD)
            if self.parser.get_method() != b"GET" or self.parser.get_http_version() != "1.1":
                raise self._refused_as(_BAD_REQUEST)
        self._is_in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is here."""
        super().on_message_complete()
        self._is_whole, self._late_looks = True, 0
        self._received_bytes = 0

    def handle_websocket_upgrade(self) -> None:
        """From now on another protocol has the connection."""
        self._places.end_waiting(self)
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """What uvicorn calls when the parser stopped."""
        del msg
        self._malformed()

    # ---- what the request does -------------------------------------------------------------------

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._places.end_waiting(self)
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """The answer is on its way."""
        super().on_response_complete()
        if not self.transport.is_closing() and not self._is_answering():
            self._places.begin_waiting(self)

    def look(self) -> None:
        """Called once a second: cut a request that does not get whole."""
        if self._is_whole or self._is_answering() or self.transport.is_closing():
            # What comes behind a request that is being served has its time from then on.
            self._late_looks, self._began_s = 0, self.loop.time()
            return
        self._late_looks += 1
        if self._late_looks > MIN_LATE_LOOKS and self.loop.time() - self._began_s >= LATE_S:
            self._places.count(Refusal.LATE)
            if self._received_bytes == 0:
                # Browsers open some in stock; an answer would be taken for that of their next.
                self._places.end_waiting(self)
                self.transport.close()
                return
            self._answer = _LATE
            self._refuse()

    def leave(self) -> None:
        """Make room for somebody else."""
        self.transport.abort()

    def _is_answering(self) -> bool:
        """A whole request is being served: it is the server that takes its time."""
        cycle = self._cycle()
        return cycle is not None and not cycle.more_body and not cycle.response_complete

    def _cycle(self) -> RequestResponseCycle | None:
        """The newest request and its answer; there is none before the first."""
        return self.cycle

    def _refused_as(self, answer: _Answer) -> _RefusedError:
        self._answer = answer
        return _RefusedError(answer.code)

    def _malformed(self) -> None:
        self._places.count(Refusal.MALFORMED)
        self._refuse()

    def _refuse(self) -> None:
        """Answer and close; where another answer has begun, or nobody takes one, only close."""
        self._places.end_waiting(self)
        cycle = self._cycle()
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()
            if cycle.response_started:
                self.transport.abort()
                return
        self.transport.write(_written(self._answer))
        self.transport.close()


def _peer(connection: object) -> str | None:
    """The address of any of uvicorn's connections."""
    client: tuple[str, int] | None = getattr(connection, "client", None)
    return client[0] if client else None


def guarded_http(places: ConnectionPlaces) -> type[asyncio.Protocol]:
    """What uvicorn takes for the class of its HTTP connections."""

    def connection(
        config: uvicorn.Config, server_state: Any, app_state: dict[str, Any], _loop: Any = None
    ) -> GuardedHttp:
        return GuardedHttp(config, server_state, app_state, _loop, places=places)

    make: Callable[..., asyncio.Protocol] = connection
    return cast("type[asyncio.Protocol]", make)


def _written(answer: _Answer) -> bytes:
    problem = Problem(
        type=f"urn:matinee:problem:{answer.code}",
        title=answer.status.phrase,
        status=int(answer.status),
        detail=answer.detail,
        instance="",
        code=answer.code,
        request_id="",
        errors=[],
    )
    body = problem.model_dump_json().encode()
    head = (
        f"HTTP/1.1 {int(answer.status)} {answer.status.phrase}\r\n"
        f"content-type: {PROBLEM_MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\n"
        "x-content-type-options: nosniff\r\ncache-control: no-store\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body
