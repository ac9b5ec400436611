"""Every route and both sockets against every kind of caller; the list comes from the app itself."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, APIWebSocketRoute
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError

from fakes.credentials import BASE_URL, ORIGIN
from fakes.doors import Doors, open_doors
from fakes.serving import serving
from matinee.contracts.access import Role
from matinee.web.openapi import bare_app
from matinee.web.roles import needed_role
from matinee.web.security import PUBLIC_CALLS

pytestmark = pytest.mark.anyio

ULID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def calls_of(app: FastAPI) -> Iterator[tuple[str, str, Role]]:
    """Method, path and least role of everything that is not public, places filled in."""
    for route in app.routes:
        role = needed_role(route)
        assert isinstance(route, APIRoute | APIWebSocketRoute)
        if role is not None:
            path = re.sub(r"\{\w+\}", ULID, route.path)
            for method in (route.methods or ()) if isinstance(route, APIRoute) else ["WEBSOCKET"]:
                yield method, path, role


CALLS = sorted(call for call in calls_of(bare_app()) if call[0] != "WEBSOCKET")
SOCKETS = sorted(path for method, path, _ in calls_of(bare_app()) if method == "WEBSOCKET")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """One app for all calls, of which most change nothing."""
    with open_doors(tmp_path_factory.mktemp("house")) as opened:
        yield opened


@pytest.fixture(scope="module")
def bad(house: Doors) -> dict[str, str]:
    """What opens nothing."""
    return house.bad_secrets()


@pytest.fixture(scope="module")
def good(house: Doors) -> dict[str, tuple[str, Role]]:
    """What opens something, with its role."""
    return house.good_secrets()


@pytest.fixture
async def client(house: Doors) -> AsyncIterator[httpx.AsyncClient]:
    """Brings nothing by itself."""
    transport = httpx.ASGITransport(app=house.app)
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as stranger:
        yield stranger


def test_the_list_is_whole() -> None:
    """Whatever the app serves is in the list or is one of the four public calls."""
    routes = [route for route in bare_app().routes if isinstance(route, APIRoute)]
    every = {(method, route.path) for route in routes for method in route.methods or ()}

    assert len(every) == len(CALLS) + len(PUBLIC_CALLS)
    assert len(CALLS) > 55
    assert [f"/api/v1/runs/{ULID}/view", "/api/v1/stream"] == SOCKETS


def test_who_may_do_what() -> None:
    """Reading needs a viewer, doing an operator, tokens an admin; to log out is everybody's."""
    for method, path, role in calls_of(bare_app()):
        if path.startswith(("/api/v1/tokens", "/api/v1/audit")):
            assert role is Role.ADMIN, path
        elif method in {"GET", "WEBSOCKET"} or path == "/logout":
            assert role is Role.VIEWER, path
        else:
            assert role is Role.OPERATOR, (method, path)


@pytest.mark.parametrize(("method", "path", "needed"), CALLS)
async def test_strangers_are_turned_away(  # noqa: PLR0917 - pytest fills them by name
    house: Doors,
    client: httpx.AsyncClient,
    bad: dict[str, str],
    method: str,
    path: str,
    needed: Role,
) -> None:
    """Without a token, or with one that is wrong, expired, revoked or for browsers only, every call
    is answered with 401 and does nothing.
    """
    del needed
    calls = [client.request(method, path, headers=ORIGIN)]
    for secret in bad.values():
        calls.append(client.request(method, path, headers={"Authorization": f"Bearer {secret}"}))
        cookie = {**ORIGIN, "Cookie": f"matinee_session_8000={secret}"}
        calls.append(client.request(method, path, headers=cookie))
    before = house.tokens.tokens(), _calls(house)

    answers = [await call for call in calls]

    assert {answer.status_code for answer in answers} == {401}
    assert (house.tokens.tokens(), _calls(house)) == before


@pytest.mark.parametrize(("method", "path", "needed"), CALLS)
@pytest.mark.parametrize("through", ["token", "session"])
async def test_roles_are_enough_or_too_low(
    tmp_path: Path, method: str, path: str, needed: Role, through: str
) -> None:
    """Every call lets those in who have its role, and tells others with 403 which it needs and
    which they have, doing nothing.
    """
    with open_doors(tmp_path) as doors:
        for name, (secret, role) in doors.good_secrets().items():
            transport = httpx.ASGITransport(app=doors.app)
            async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
                client.headers["Origin"] = BASE_URL
                if through == "token":
                    client.headers["Authorization"] = f"Bearer {secret}"
                else:
                    login = await client.post("/login", json={"token": secret})
                    assert login.status_code == 204, name
                before = doors.tokens.tokens(), _calls(doors)

                answer = await client.request(method, path)

            if role.allows(needed):
                assert answer.status_code not in {401, 403}, name
            else:
                assert (answer.status_code, answer.json()["code"]) == (403, "role_too_low"), name
                assert answer.headers["content-type"] == "application/problem+json"
                assert f"role {needed}; yours is {role}" in answer.json()["detail"]
                assert (doors.tokens.tokens(), _calls(doors)) == before


def _calls(doors: Doors) -> tuple[int, bool]:
    """Of the use cases."""
    return len(doors.runs.calls), doors.was_touched()


@pytest.mark.parametrize("path", SOCKETS)
async def test_sockets_turn_strangers_away(path: str, tmp_path: Path) -> None:
    """A socket that is opened without a token or session that works is closed with 4401 before
    anything is sent.
    """
    with open_doors(tmp_path) as doors:
        bad = doors.bad_secrets()
        async with serving(doors.app) as url:
            tries: list[dict[str, str]] = [{"Origin": url}]
            for secret in bad.values():
                tries.append({"Authorization": f"Bearer {secret}"})
                port = url.rpartition(":")[2]
                tries.append({"Origin": url, "Cookie": f"matinee_session_{port}={secret}"})
            codes = [await _close_code(url, path, headers) for headers in tries]

        assert codes == [4401] * len(tries)
        assert not doors.was_touched()


async def _close_code(url: str, path: str, headers: dict[str, str]) -> int:
    async with connect(url.replace("http", "ws") + path, additional_headers=headers) as socket:
        with pytest.raises(ConnectionClosedError) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


@pytest.mark.parametrize("path", SOCKETS)
async def test_sockets_open_for_every_role(path: str, tmp_path: Path) -> None:
    """Who may read may follow live, with a token or a session of any role."""
    with open_doors(tmp_path) as doors:
        good = doors.good_secrets()
        async with serving(doors.app) as url:
            for name, (secret, _role) in good.items():
                first = await _first_frame(url, path, {"Authorization": f"Bearer {secret}"})
                assert '"type":"' in first, name
                async with httpx.AsyncClient(base_url=url, headers={"Origin": url}) as browser:
                    await browser.post("/login", json={"token": secret})
                    (cookie,) = browser.cookies.jar
                    headers = {"Origin": url, "Cookie": f"{cookie.name}={cookie.value}"}
                    assert '"type":"' in await _first_frame(url, path, headers), name


async def _first_frame(url: str, path: str, headers: dict[str, str]) -> str:
    socket: ClientConnection
    async with connect(url.replace("http", "ws") + path, additional_headers=headers) as socket:
        return str(await socket.recv())
