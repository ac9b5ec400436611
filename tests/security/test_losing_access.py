"""Who loses access loses it at once: new requests, sessions, live sockets and streams."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from fakes.credentials import BEARER, ORIGIN
from fakes.doors import Doors
from fakes.run_use_cases import make_run
from matinee.contracts.access import Role
from matinee.storage.token_file import TOKENS_FILE
from matinee.web import token_watch
from matinee.web.credentials import LOGIN_CODE_LIFETIME

pytestmark = pytest.mark.anyio

PATIENCE_S = 30
ULID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
SOCKETS = ["/api/v1/stream", f"/api/v1/runs/{ULID}/view"]


@pytest.fixture(autouse=True)
def _watch_closely(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_watch, "LOOK_S", 0.01)


async def end_of(socket: ClientConnection) -> int:
    """The code of a close that comes, after anything else."""
    with pytest.raises(ConnectionClosed) as end:  # noqa: PT012 - whichever message it is
        while True:
            await asyncio.wait_for(socket.recv(), PATIENCE_S)
    assert end.value.rcvd is not None
    return end.value.rcvd.code


@pytest.mark.parametrize("path", SOCKETS)
@pytest.mark.parametrize("by", ["the API", "another process", "removal of the file"])
async def test_a_revoked_token_ends_its_sockets(
    doors: Doors, address: str, path: str, by: str
) -> None:
    """Live sockets close with 4401 when their token is revoked, whoever does it and how; those of
    others go on.
    """
    token_id, secret = doors.token("lab", Role.VIEWER)
    websocket_url = address.replace("http", "ws") + path
    bearer = {"Authorization": f"Bearer {secret}"}
    async with (
        connect(websocket_url, additional_headers=bearer) as theirs,
        connect(websocket_url, additional_headers=BEARER) as own,
        httpx.AsyncClient(base_url=address, headers=BEARER) as admin,
    ):
        await theirs.recv()
        await own.recv()

        if by == "the API":
            assert (await admin.delete(f"/api/v1/tokens/{token_id}")).status_code == 204
        elif by == "another process":
            doors.revoke(token_id)
        else:
            (doors.data_dir / TOKENS_FILE).unlink()

        assert await end_of(theirs) == 4401
        await own.send(json.dumps({"type": "set" if "view" in path else "unsubscribe"}))
        assert own.close_code is None
        await (await own.ping())


@pytest.mark.parametrize("path", SOCKETS)
async def test_sessions_die_with_their_token(doors: Doors, address: str, path: str) -> None:
    """A browser that came in with a token is logged out, and its socket closed, when that is
    revoked.
    """
    token_id, secret = doors.token("lab", Role.OPERATOR)
    async with httpx.AsyncClient(base_url=address, headers={"Origin": address}) as browser:
        assert (await browser.post("/login", json={"token": secret})).status_code == 204
        assert (await browser.get("/api/v1/me")).json()["name"] == "lab"
        (cookie,) = browser.cookies.jar
        headers = {"Origin": address, "Cookie": f"{cookie.name}={cookie.value}"}
        async with connect(address.replace("http", "ws") + path, additional_headers=headers) as ws:
            await ws.recv()
            doors.revoke(token_id)

            assert await end_of(ws) == 4401
        assert (await browser.get("/api/v1/me")).status_code == 401


async def test_a_revoked_token_ends_its_event_stream(doors: Doors, address: str) -> None:
    """Server-Sent Events end in order, after a frame that says why; the next request gets 401."""
    run = doors.runs.add(make_run())
    token_id, secret = doors.token("lab", Role.VIEWER)
    headers = {"Authorization": f"Bearer {secret}", "Accept": "text/event-stream"}
    async with (
        asyncio.timeout(PATIENCE_S),
        httpx.AsyncClient(base_url=address, headers=headers) as script,
    ):
        async with script.stream("GET", f"/api/v1/stream?run={run.id}") as stream:
            lines = stream.aiter_lines()
            assert '"hello"' in await anext(lines)
            doors.revoke(token_id)
            rest = [line async for line in lines if line.startswith("data: ")]

        assert json.loads(rest[-1].removeprefix("data: "))["code"] == "unauthenticated"
        refused = await script.get(f"/api/v1/stream?run={run.id}")
    assert (refused.status_code, refused.json()["code"]) == (401, "token_revoked")


@pytest.mark.parametrize("path", SOCKETS)
async def test_expiry_ends_sockets(doors: Doors, address: str, path: str) -> None:
    """A socket is open until its token expires, by the server's clock, and then closes with
    4401.
    """
    _, secret = doors.token("short", Role.VIEWER, lifetime=timedelta(seconds=0.05))
    bearer = {"Authorization": f"Bearer {secret}"}
    url = address.replace("http", "ws") + path
    async with connect(url, additional_headers=bearer) as socket:
        await socket.recv()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await end_of(socket)

        doors.clock.advance(timedelta(seconds=0.05))

        assert await end_of(socket) == 4401


async def test_expiry_ends_requests(doors: Doors, address: str) -> None:
    """To the microsecond, by the server's clock: a token, and a session that was made with it."""
    _, secret = doors.token("short", Role.VIEWER, lifetime=timedelta(hours=1))
    async with (
        httpx.AsyncClient(base_url=address, headers={"Origin": address}) as browser,
        httpx.AsyncClient(base_url=address) as script,
    ):
        script.headers["Authorization"] = f"Bearer {secret}"
        login = await browser.post("/login", json={"token": secret})
        assert "Max-Age=3600" in login.headers["set-cookie"]
        doors.clock.advance(timedelta(hours=1) - timedelta(microseconds=1))
        before = [(await c.get("/api/v1/me")).status_code for c in (browser, script)]
        doors.clock.advance(timedelta(microseconds=1))
        after = [(await c.get("/api/v1/me")).status_code for c in (browser, script)]
        code = (await script.get("/api/v1/me")).json()["code"]

    assert (before, after, code) == ([200, 200], [401, 401], "token_expired")


async def test_what_was_made_with_a_token_ends_with_it(doors: Doors, address: str) -> None:
    """Links, codes and the sessions of both end when the token is revoked with which they were
    made.
    """
    token_id, secret = doors.token("teacher", Role.OPERATOR)
    bearer = {"Authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(base_url=address) as client:
        many = {"name": "class", "role": "viewer"}
        link = (await client.post("/api/v1/login-codes", json=many, headers=bearer)).json()["path"]
        codes = [
            (await client.post("/api/v1/login-codes", headers=bearer)).json()["path"]
            for _ in range(2)
        ]
    browsers = [httpx.AsyncClient(base_url=address) for _ in range(2)]
    late = httpx.AsyncClient(base_url=address)
    for browser, path in zip(browsers, [link, codes[0]], strict=True):
        assert (await browser.get(path)).headers["location"] == "/"
        assert (await browser.get("/api/v1/me")).status_code == 200

    doors.revoke(token_id)

    for browser in browsers:
        assert (await browser.get("/api/v1/me")).status_code == 401
    for path in (link, codes[1]):
        answer = await late.get(path)
        assert answer.headers["location"] == "/?login=unknown"
        assert "set-cookie" not in answer.headers
    for client in (*browsers, late):
        await client.aclose()


async def test_another_own_token_ends_the_sessions_of_the_one_before(
    doors: Doors, address: str
) -> None:
    """Who changes the server's own token logs out everybody who came in with it."""
    async with httpx.AsyncClient(base_url=address, headers={"Origin": address}) as browser:
        token = BEARER["Authorization"].removeprefix("Bearer ")
        assert (await browser.post("/login", json={"token": token})).status_code == 204
        assert (await browser.get("/api/v1/me")).status_code == 200

        object.__setattr__(doors.dependencies, "token", type(doors.dependencies.token)("o" * 32))

        assert (await browser.get("/api/v1/me")).status_code == 401


async def test_a_code_of_an_ended_token_opens_nothing(doors: Doors, address: str) -> None:
    """A login code that outlives its token by a moment makes no session."""
    _, secret = doors.token("short", Role.OPERATOR, lifetime=LOGIN_CODE_LIFETIME / 2)
    async with httpx.AsyncClient(base_url=address) as client:
        made = await client.post(
            "/api/v1/login-codes", headers={"Authorization": f"Bearer {secret}", **ORIGIN}
        )
        assert made.status_code == 403  # of another page
        made = await client.post(
            "/api/v1/login-codes", headers={"Authorization": f"Bearer {secret}"}
        )
        doors.clock.advance(LOGIN_CODE_LIFETIME / 2)

        answer = await client.get(made.json()["path"])

    assert "set-cookie" not in answer.headers
