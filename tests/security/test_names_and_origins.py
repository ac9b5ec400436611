"""Every wrong name and every foreign page, over raw sockets: nothing of it reaches a handler."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from fakes.credentials import TOKEN
from fakes.doors import Doors
from fakes.raw_connection import UPGRADE, head, status_of
from fakes.serving import serving
from matinee.contracts.access import Role

pytestmark = pytest.mark.anyio

ULID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
BEARER = f"Authorization: Bearer {TOKEN}"
ACTS = ("POST", f"/api/v1/runs/{ULID}/pause")

FOREIGN_NAMES = [
    "", "evil.com", "evil.com:{port}", "127.0.0.1.evil.com:{port}", "localhost.evil.com:{port}",
    "evil.com:{port}@127.0.0.1:{port}", "127.0.0.1:{port}@evil.com", "a/?x=",
    "127.0.0.1:{port}/?x=",
    "127.0.0.1:{port}#", "127.0.0.1:{port}?", "127.0.0.1:{port}\\", "127.0.0.1:{port},evil.com",
    "127.0.0.1:{port} evil.com", "127.0.0.1", "127.0.0.1:", "127.0.0.1:80", "127.0.0.1:{other}",
    "127.0.0.1:0{port}", "127.0.0.1:+{port}", "127.0.0.1.:{port}", "127.1:{port}",
    "2130706433:{port}", "0x7f000001:{port}", "0177.0.0.1:{port}", "0.0.0.0:{port}",
    "127.0.0.2:{port}", "192.168.0.1:{port}", "localhost", "localhost:{other}", "localhost.:{port}",
    "[::1]", "[::1]:{other}", "[::]:{port}", "[::ffff:127.0.0.1]:{port}", "::1:{port}",
    "[::1%25lo]:{port}", "[::1]evil.com:{port}", "l\xf6calhost:{port}", "http://127.0.0.1:{port}",
    "null", "*", "%31%32%37.0.0.1:{port}", "127.0.0.1%00.evil.com:{port}",
]  # fmt: skip
OWN_NAMES = ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}"]

FOREIGN_ORIGINS = [
    "", "null", "http://evil.com", "https://evil.com:{port}", "http://127.0.0.1:{other}",
    "http://127.0.0.1", "https://127.0.0.1:{port}", "http://localhost:{port}",
    "http://127.0.0.1:{port}.evil.com", "http://127.0.0.1:{port}@evil.com",
    "http://evil.com/http://127.0.0.1:{port}", "http://evil.com#http://127.0.0.1:{port}",
    "http://127.0.0.1:{port}/", "http://127.0.0.1:{port}?", "http://127.0.0.1:{port}#",
    "http://127.0.0.1:{port} http://evil.com", "http://127.0.0.1:{port},http://evil.com",
    "HTTP://127.0.0.1:{port}", "http://127.0.0.1.evil.com:{port}", "http://a127.0.0.1:{port}",
    "http://127.0.0.1:{port}0", "http://127.0.0.1:0{port}", "//127.0.0.1:{port}",
    "127.0.0.1:{port}",
    "ws://127.0.0.1:{port}", "file://", "chrome-extension://abcdefghijklmnop", "about:blank",
    "data:", "http://[::1]:{port}", "http://127.0.0.\xb9:{port}", "http://%31%32%37.0.0.1:{port}",
]  # fmt: skip


@dataclass
class Reached:
    """What got as far as the routes."""

    paths: list[str] = field(default_factory=list)

    def middleware(self, app: ASGIApp) -> ASGIApp:
        """Stands behind the gate."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "lifespan":
                self.paths.append(scope["path"])
            await app(scope, receive, send)

        return counted


@pytest.fixture
def reached(doors: Doors) -> Reached:
    """Filled in while the app serves."""
    found = Reached()
    # The last one is the innermost.
    doors.app.user_middleware.append(Middleware(found.middleware))
    return found


@pytest.fixture
async def port(doors: Doors, reached: Reached) -> AsyncIterator[int]:
    """Where the app listens."""
    assert reached.paths == []
    async with serving(doors.app) as url:
        yield int(url.rpartition(":")[2])


def requests_of(*more: str) -> dict[str, bytes]:
    """One request of each kind that could do something, with these headers; a name for each."""
    return {
        "health": head("GET /livez HTTP/1.1", *more),
        "the page": head("GET / HTTP/1.1", *more),
        "a login": head("GET /login?code=x HTTP/1.1", *more),
        "reading": head("GET /api/v1/runs HTTP/1.1", BEARER, *more),
        "acting": head(f"{' '.join(ACTS)} HTTP/1.1", BEARER, "Content-Length: 0", *more),
        "a socket": head("GET /api/v1/stream HTTP/1.1", BEARER, *UPGRADE, *more),
        "a view": head(f"GET /api/v1/runs/{ULID}/view HTTP/1.1", BEARER, *UPGRADE, *more),
    }


def named(pattern: str, port: int) -> str:
    """With the ports filled in."""
    return pattern.format(port=port, other=port + 1)


async def test_no_foreign_name_reaches_a_handler(port: int, reached: Reached, doors: Doors) -> None:
    """Rebound domains, look-alikes, wrong ports, smuggled URLs, empty, missing and doubled Host
    headers are refused before any handler, on HTTP and WebSocket, with the token and without.
    """
    hosts: list[list[str]] = [[f"Host: {named(name, port)}"] for name in FOREIGN_NAMES]
    own = f"Host: 127.0.0.1:{port}"
    hosts += [
        [],
        [own, own],
        [own, "Host: evil.com"],
        ["Host: evil.com", own],
        [f"{own}, evil.com"],
    ]
    cases = [
        (kind, lines, request) for lines in hosts for kind, request in requests_of(*lines).items()
    ]

    statuses = {(kind, *lines): await status_of(port, request) for kind, lines, request in cases}

    assert len(statuses) >= 300
    assert {case: got for case, got in statuses.items() if got not in {400, 403}} == {}
    assert reached.paths == []
    assert not doors.was_touched()


async def test_no_target_names_another_host(port: int, reached: Reached, doors: Doors) -> None:
    """A request target that holds a host of its own is refused, whatever the Host header says."""
    own = f"127.0.0.1:{port}"
    targets = [
        f"{scheme}://{host}{path}"
        for scheme in ("http", "https", "ws")
        for host in ("evil.com", own, f"evil.com:{port}", f"{own}@evil.com")
        for path in ("", "/livez", "/api/v1/runs", "/api/v1/stream")
    ]
    targets += [
        "evil.com:80",
        own,
        "*",
        "api/v1/runs",
        "?x=/api/v1/runs",
        "\\evil.com",
        "@evil.com",
    ]
    cases = [
        (target, head(f"{method} {target} HTTP/1.1", f"Host: {own}", BEARER, *more))
        for target in targets
        for method, more in (("GET", ()), ("POST", ("Content-Length: 0",)), ("GET", UPGRADE))
    ]

    statuses = [(target, await status_of(port, request)) for target, request in cases]

    assert len(statuses) >= 150
    assert [(target, got) for target, got in statuses if got not in {400, 403}] == []
    assert reached.paths == []
    assert not doors.was_touched()


async def test_own_names_reach_their_handlers(port: int, reached: Reached) -> None:
    """The same requests under this server's own names get through: they test what they say."""
    statuses = {
        (kind, name): await status_of(port, request)
        for name in OWN_NAMES
        for kind, request in requests_of(f"Host: {named(name, port)}").items()
    }

    assert set(statuses.values()) == {200, 303, 101, 404, 503}
    assert len(reached.paths) == len(statuses)


@pytest.fixture
async def cookie(port: int, doors: Doors) -> str:
    """Of a browser that came in as an operator."""
    _, secret = doors.token("browser", Role.OPERATOR)
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=url, headers={"Origin": url}) as browser:
        assert (await browser.post("/login", json={"token": secret})).status_code == 204
        (found,) = browser.cookies.jar
    return f"Cookie: {found.name}={found.value}"


async def test_no_foreign_page_acts(port: int, reached: Reached, doors: Doors, cookie: str) -> None:
    """A WebSocket or a call that changes something, from any Origin but exactly this server's, is
    refused with 403, with a cookie and with the token; and nothing of it is an error of ours.
    """
    host = f"Host: 127.0.0.1:{port}"
    own = f"Origin: http://127.0.0.1:{port}"
    reached.paths.clear()
    origins: list[list[str]] = [[f"Origin: {named(each, port)}"] for each in FOREIGN_ORIGINS]
    origins += [[own, own], [own, "Origin: null"], ["Origin: http://evil.com", own]]
    acts: dict[str, tuple[str, tuple[str, ...]]] = {
        "call": (f"{' '.join(ACTS)} HTTP/1.1", ("Content-Length: 0",)),
        "login": ("POST /login HTTP/1.1", ("Content-Length: 0",)),
        "logout": ("POST /logout HTTP/1.1", ("Content-Length: 0",)),
        "stream": ("GET /api/v1/stream HTTP/1.1", UPGRADE),
        "view": (f"GET /api/v1/runs/{ULID}/view HTTP/1.1", UPGRADE),
    }
    cases: list[tuple[Any, bytes]] = [
        ((act, lines, who[:6]), head(first, host, *more, *lines, who))
        for (act, (first, more)), lines, who in itertools.product(
            acts.items(), origins, (cookie, BEARER)
        )
    ]
    # Without any Origin a cookie opens nothing: every browser sends one with what acts.
    cases += [((act, [], "cookie"), head(first, host, *more, cookie))
              for act, (first, more) in acts.items()]  # fmt: skip

    statuses = [(case, await status_of(port, request)) for case, request in cases]

    assert len(statuses) >= 350
    assert [(case, got) for case, got in statuses if got not in {400, 403}] == []
    assert reached.paths == []
    assert not doors.was_touched()


async def test_the_own_page_acts(port: int, reached: Reached, cookie: str) -> None:
    """With exactly this server's Origin a cookie is enough, and with the token none is needed."""
    host = f"Host: 127.0.0.1:{port}"
    own = f"Origin: http://127.0.0.1:{port}"
    reached.paths.clear()
    stream, act = "GET /api/v1/stream HTTP/1.1", f"{' '.join(ACTS)} HTTP/1.1"

    assert [
        await status_of(port, head(stream, host, *UPGRADE, own, cookie)),
        await status_of(port, head(stream, host, *UPGRADE, BEARER)),
        await status_of(port, head(act, host, "Content-Length: 0", own, cookie)),
        await status_of(port, head(act, host, "Content-Length: 0", BEARER)),
    ] == [101, 101, 404, 404]
    assert len(reached.paths) == 4
