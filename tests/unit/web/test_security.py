"""The gate: which name, which page, who."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, APIWebSocketRoute
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from fakes.credentials import BASE_URL, BEARER, ORIGIN
from fakes.run_use_cases import FakeRuns, make_run
from matinee.web.openapi import openapi_document
from matinee.web.security import PROTECTED_PREFIXES, PUBLIC_CALLS, is_public

pytestmark = pytest.mark.anyio

RUN_ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
OPERATIONS = sorted(
    (method.upper(), path.replace("{run_id}", RUN_ID))
    for path, operations in openapi_document()["paths"].items()
    for method in operations
)
SOCKETS = ("/api/v1/stream", f"/api/v1/runs/{'0' * 26}/view")
PROTECTED = [call for call in OPERATIONS if call not in PUBLIC_CALLS]


def scope_of(method: str, path: str) -> dict[str, str]:
    """As much of a request as `is_public` looks at."""
    return {"type": "http", "method": method, "path": path}


def test_every_route_is_protected_or_named_public(app: FastAPI) -> None:
    """No route of the app lies where the gate takes it for a file of the page."""
    paths = {
        (method, route.path)
        for route in app.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    sockets = {route.path for route in app.routes if isinstance(route, APIWebSocketRoute)}

    assert len(paths) > 30
    assert sockets == {"/api/v1/stream", "/api/v1/runs/{run_id}/view"}
    assert {
        (method, path) for method, path in paths if not path.startswith(PROTECTED_PREFIXES)
    } == PUBLIC_CALLS


@pytest.mark.parametrize(("method", "path"), PROTECTED)
async def test_strangers_get_nothing(
    stranger: httpx.AsyncClient, runs: FakeRuns, method: str, path: str
) -> None:
    """Every call but health and login needs a token or session; without, nothing is done."""
    bare = await stranger.request(method, path, headers=ORIGIN)
    wrong = await stranger.request(method, path, headers={"Authorization": "Bearer wrong"})
    cookie = {**ORIGIN, "Cookie": "matinee_session_8000=made-up"}
    forged = await stranger.request(method, path, headers=cookie)

    assert [bare.status_code, wrong.status_code, forged.status_code] == [401, 401, 401]
    assert bare.headers["www-authenticate"] == "Bearer"
    assert wrong.json()["code"] == "wrong_token"
    assert runs.calls == []


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "HEAD", "TRACE", "PROPFIND"])
async def test_unforeseen_methods_are_refused_too(stranger: httpx.AsyncClient, method: str) -> None:
    """A method that no route has is no way around the gate."""
    response = await stranger.request(method, "/api/v1/runs", headers=ORIGIN)

    assert response.status_code == 401


async def test_health_is_public(stranger: httpx.AsyncClient) -> None:
    """A health check needs no token."""
    assert (await stranger.get("/livez")).status_code == 200
    assert (await stranger.get("/readyz")).status_code == 200


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic the-token-of-this-test",
        "the-token-of-this-test",
        "Bearer the-token-of-this-test2",
        "Bearer the-token-of-this-tes",
        "Bearer the-token-of-this-test the-token-of-this-test",
    ],
)
async def test_only_the_exact_token_opens(stranger: httpx.AsyncClient, authorization: str) -> None:
    """Wrong, cut, doubled or wrongly wrapped tokens are refused."""
    response = await stranger.get("/api/v1/runs", headers={"Authorization": authorization})

    assert response.status_code == 401


async def test_two_authorizations_are_refused(stranger: httpx.AsyncClient) -> None:
    """A request with two Authorization headers is ambiguous, so it is refused."""
    headers = [("Authorization", BEARER["Authorization"])] * 2

    assert (await stranger.get("/api/v1/runs", headers=headers)).status_code == 401


@pytest.mark.parametrize("path", ["/livez", "/", "/api/v1/runs", "/login?code=x", "/nowhere"])
async def test_a_rebound_name_reaches_nothing(
    script: httpx.AsyncClient, runs: FakeRuns, path: str
) -> None:
    """Under a foreign Host every path is refused, even with the token, before any handler."""
    response = await script.get(path, headers={"Host": "evil.com:8000"})

    assert response.status_code == 403
    assert response.json()["code"] == "host_not_allowed"
    assert runs.calls == []


async def test_two_hosts_are_refused(script: httpx.AsyncClient) -> None:
    """A request with two Host headers is ambiguous, so it is refused."""
    headers = [("Host", "127.0.0.1:8000"), ("Host", "evil.com")]

    assert (await script.get("/api/v1/runs", headers=headers)).status_code == 403


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://evil.com",
        "https://127.0.0.1:8000",
        "http://127.0.0.1",
        "http://127.0.0.1:8001",
        "http://127.0.0.1:8000.evil.com",
        "http://evil.com/http://127.0.0.1:8000",
        "http://localhost:8000",
        "http://127.0.0.1:8000/",
        "file://",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_other_pages_are_refused(
    script: httpx.AsyncClient, runs: FakeRuns, method: str, origin: str
) -> None:
    """An Origin that is not exactly this server's is refused, even with the token."""
    response = await script.request(method, "/api/v1/runs", headers={"Origin": origin})

    assert response.status_code == 403
    assert response.json()["code"] == "origin_not_allowed"
    assert runs.calls == []


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
async def test_acting_without_origin_needs_a_token(
    stranger: httpx.AsyncClient, runs: FakeRuns, method: str
) -> None:
    """A request that could change something, with neither Origin nor token, is refused."""
    response = await stranger.request(method, f"/api/v1/runs/{RUN_ID}")

    assert response.status_code == 403
    assert response.json()["code"] == "origin_missing"
    assert runs.calls == []


@pytest.mark.parametrize(
    ("site", "status"),
    [("same-origin", 200), ("none", 200), ("cross-site", 403), ("same-site", 403), ("x", 403)],
)
async def test_what_the_browser_says_of_the_sender_counts(
    script: httpx.AsyncClient, site: str, status: int
) -> None:
    """`Sec-Fetch-Site` must be our own page or the person; another port's page is neither."""
    response = await script.get("/api/v1/runs", headers={"Sec-Fetch-Site": site})

    assert response.status_code == status


async def test_a_link_from_another_site_opens_the_page(stranger: httpx.AsyncClient) -> None:
    """The page itself, which holds no secrets, may be reached by a link from anywhere."""
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}

    assert (await stranger.get("/", headers=headers)).status_code == 503  # not built here


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/runs"),
        ("GET", "/api/"),
        ("GET", "/metrics"),
        ("GET", "/metrics/"),
        ("GET", "/logout"),
        ("POST", "/"),
        ("POST", "/livez"),
        ("DELETE", "/index.html"),
        ("HEAD", "/api/v1/runs"),
    ],
)
def test_what_is_not_public(method: str, path: str) -> None:
    """The API under any method, and everything that is not a plain read, is not public."""
    assert not is_public(scope_of(method, path))


def test_sockets_are_never_public() -> None:
    """A WebSocket needs a token or session at whatever path."""
    assert not is_public({"type": "websocket", "path": "/"})


@pytest.mark.parametrize("socket_path", SOCKETS)
async def test_a_socket_without_credentials_is_told_to_log_in(
    listening: str, socket_path: str
) -> None:
    """A page without session gets close code 4401, which a refused handshake could not carry."""
    address = listening.replace("http", "ws") + socket_path
    async with connect(address, origin=listening) as socket:  # type: ignore[arg-type]
        with pytest.raises(ConnectionClosedError) as closed:
            await socket.recv()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


@pytest.mark.parametrize("socket_path", SOCKETS)
@pytest.mark.parametrize("origin", ["http://evil.com", "null", "http://127.0.0.1:1"])
async def test_a_socket_of_another_page_is_refused(
    listening: str, origin: str, socket_path: str
) -> None:
    """Cross-site WebSocket hijacking ends at the handshake, even with the token."""
    address = listening.replace("http", "ws") + socket_path

    with pytest.raises(InvalidStatus) as refusal:
        async with connect(address, origin=origin, additional_headers=BEARER):  # type: ignore[arg-type]
            pass

    assert refusal.value.response.status_code == 403


@pytest.mark.parametrize("socket_path", SOCKETS)
async def test_a_socket_under_a_foreign_name_is_refused(listening: str, socket_path: str) -> None:
    """DNS rebinding ends at the handshake of a WebSocket too."""
    port = listening.rpartition(":")[2]
    address = f"ws://evil.com:{port}{socket_path}"

    with pytest.raises(InvalidStatus) as refusal:
        async with connect(address, host="127.0.0.1", additional_headers=BEARER):
            pass

    assert refusal.value.response.status_code == 403


async def test_a_socket_without_origin_needs_a_token(listening: str) -> None:
    """A script with the token needs no Origin; without token the handshake is refused."""
    address = listening.replace("http", "ws") + "/api/v1/stream"
    async with connect(address, additional_headers=BEARER) as socket:
        assert '"hello"' in str(await socket.recv())

    with pytest.raises(InvalidStatus):
        async with connect(address):
            pass


async def test_the_ledger_learns_who_asked(script: httpx.AsyncClient, runs: FakeRuns) -> None:
    """A command that came with the token is entered as the token's."""
    run = runs.add(make_run())

    await script.post(f"/api/v1/runs/{run.id}/pause")

    assert runs.ledger[0].actor == "token"


async def test_own_page_may_act(script: httpx.AsyncClient, runs: FakeRuns) -> None:
    """With this server's own Origin a request is let through."""
    run = runs.add(make_run())

    response = await script.post(f"/api/v1/runs/{run.id}/pause", headers={"Origin": BASE_URL})

    assert response.status_code == 202
