"""Logging in and out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from fakes.clock import StoppedClock
from fakes.credentials import BASE_URL, ORIGIN, TOKEN
from matinee.storage.token_file import TOKENS_FILE
from matinee.web import sessions
from matinee.web.credentials import OWN_GRANT
from matinee.web.dependencies import WebDependencies
from matinee.web.login_limit import MAX_FAILURES, WINDOW
from matinee.web.routes import sessions as module

pytestmark = pytest.mark.anyio


async def test_a_link_logs_in_once(
    stranger: httpx.AsyncClient, dependencies: WebDependencies
) -> None:
    """The first visit sets the cookie and leads to the page; the second says that it is used."""
    link = f"/login?code={dependencies.login_codes.create(OWN_GRANT)}"

    first = await stranger.get(link)
    second = await stranger.get(link)

    assert (first.status_code, first.headers["location"]) == (303, "/")
    assert "set-cookie" in first.headers
    assert (second.status_code, second.headers["location"]) == (303, "/?login=used")
    assert "set-cookie" not in second.headers


@pytest.mark.parametrize(
    ("query", "location"),
    [("?code=made-up", "/?login=unknown"), ("", "/"), ("?code=", "/")],
)
async def test_a_made_up_link_opens_nothing(
    stranger: httpx.AsyncClient, query: str, location: str
) -> None:
    """An unknown or missing code leads to the page without a cookie."""
    response = await stranger.get(f"/login{query}")

    assert (response.status_code, response.headers["location"]) == (303, location)
    assert "set-cookie" not in response.headers


async def test_looking_ahead_does_not_use_the_link_up(
    stranger: httpx.AsyncClient, dependencies: WebDependencies
) -> None:
    """A browser that prefetches the link, and a HEAD request, leave it good for the person."""
    link = f"/login?code={dependencies.login_codes.create(OWN_GRANT)}"
    await stranger.get(link, headers={"Sec-Purpose": "prefetch;prerender"})
    await stranger.head(link)

    assert "set-cookie" in (await stranger.get(link)).headers


async def test_a_wrong_token_is_refused_and_counted(
    stranger: httpx.AsyncClient, clock: StoppedClock
) -> None:
    """Wrong tokens get 401; after five of them even the right one waits out the minute."""
    body = {"token": "wrong"}
    wrong = [await stranger.post("/login", json=body, headers=ORIGIN) for _ in range(MAX_FAILURES)]
    locked = await stranger.post("/login", json={"token": TOKEN}, headers=ORIGIN)
    clock.advance(WINDOW)
    right = await stranger.post("/login", json={"token": TOKEN}, headers=ORIGIN)

    assert {response.status_code for response in wrong} == {401}
    assert (locked.status_code, locked.json()["code"]) == (429, "too_many_logins")
    assert right.status_code == 204


async def test_another_page_can_not_log_in(stranger: httpx.AsyncClient) -> None:
    """Login too needs the Origin of this server's page: nobody is logged in unawares."""
    response = await stranger.post("/login", json={"token": TOKEN})
    foreign = await stranger.post(
        "/login", json={"token": TOKEN}, headers={"Origin": "http://evil.com"}
    )

    assert (response.status_code, foreign.status_code) == (403, 403)


async def test_the_token_is_not_echoed(stranger: httpx.AsyncClient) -> None:
    """A refused login does not send back what it contained."""
    malformed = await stranger.post(
        "/login", json={"token": "hunter2", "x": "hunter2"}, headers=ORIGIN
    )
    long = await stranger.post("/login", json={"token": "hunter2" * 1000}, headers=ORIGIN)

    assert (malformed.status_code, long.status_code) == (422, 401)
    assert "hunter2" not in malformed.text + long.text


async def test_a_script_can_make_a_link(
    script: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    """With the token a new login link can be made, which then logs a browser in."""
    response = await script.post("/api/v1/login-codes")
    link = response.json()

    assert response.status_code == 201
    assert link["expires_in_s"] == 600
    assert "set-cookie" in (await stranger.get(link["path"])).headers


async def test_a_token_has_no_session_to_end(script: httpx.AsyncClient) -> None:
    """Logging out with the token is no error and ends nothing."""
    response = await script.post("/logout")

    assert response.status_code == 204
    assert (await script.get("/api/v1/runs")).status_code == 200
    assert module.router.tags == ["sessions"]


async def named(
    script: httpx.AsyncClient, name: str, role: str, **fields: object
) -> dict[str, str]:
    """The header of a token that is made now."""
    body = {"name": name, "role": role, **fields}
    made = (await script.post("/api/v1/tokens", json=body)).json()
    return {"Authorization": f"Bearer {made['token']}"}


async def test_the_own_token_and_its_link_are_an_admins(
    script: httpx.AsyncClient, stranger: httpx.AsyncClient, dependencies: WebDependencies
) -> None:
    """Without a name; the session of the link says that it is one, and when it ends."""
    await stranger.get(f"/login?code={dependencies.login_codes.create(OWN_GRANT)}")

    own, browser = [(await c.get("/api/v1/me")).json() for c in (script, stranger)]

    assert own == {"name": None, "role": "admin", "through": "token", "expires_at": None}
    assert (browser["name"], browser["role"], browser["through"]) == (None, "admin", "session")
    assert browser["expires_at"] is not None


@pytest.mark.parametrize("through", ["once", "many"])
async def test_no_link_is_above_ones_own_role(script: httpx.AsyncClient, through: str) -> None:
    """Whoever asks for more than they have gets 403; as much or less is fine."""
    bearer = await named(script, "lab", "operator")
    fields = {} if through == "once" else {"name": "class"}

    for role, status in (("admin", 403), ("operator", 201)):
        answer = await script.post(
            "/api/v1/login-codes", json={"role": role, **fields}, headers=bearer
        )
        assert answer.status_code == status
    assert answer.json()["role"] == "operator"
    viewer = await named(script, "reader", "viewer")
    refused = await script.post("/api/v1/login-codes", json={"role": "viewer"}, headers=viewer)
    assert (refused.status_code, refused.json()["code"]) == (403, "role_too_low")


async def test_a_class_comes_in_by_one_link(
    script: httpx.AsyncClient, app: FastAPI, clock: StoppedClock
) -> None:
    """A link with a name lets in any number of browsers, as what it says, until it expires."""
    body = {"name": "class", "role": "viewer", "expires_in_s": 3600}
    link = (await script.post("/api/v1/login-codes", json=body)).json()
    assert (link["role"], link["expires_in_s"]) == ("viewer", 3600)
    browsers = [
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=BASE_URL)
        for _ in range(4)
    ]
    for browser in browsers[:3]:
        assert (await browser.get(link["path"])).headers["location"] == "/"
        me = (await browser.get("/api/v1/me")).json()
        assert (me["name"], me["role"]) == ("class", "viewer")
        assert (await browser.post("/api/v1/runs", json={}, headers=ORIGIN)).status_code == 403

    clock.advance(timedelta(hours=1))

    for browser in browsers:
        assert (await browser.get("/api/v1/me")).status_code == 401
    assert (await browsers[3].get(link["path"])).headers["location"] == "/?login=unknown"
    for browser in browsers:
        await browser.aclose()


async def test_a_link_is_not_a_token(
    script: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    """What stands in a link opens nothing by itself, and a token in a link does not either."""
    link = (await script.post("/api/v1/login-codes", json={"name": "class"})).json()["path"]
    secret = link.partition("=")[2]
    token = (await named(script, "lab", "admin"))["Authorization"].removeprefix("Bearer ")

    bearer = await stranger.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"})
    login = await stranger.post("/login", json={"token": secret}, headers=ORIGIN)
    opened = await stranger.get(f"/login?code={token}")

    assert (bearer.status_code, login.status_code) == (401, 401)
    assert opened.headers["location"] == "/?login=unknown"


async def test_a_link_does_not_fill_the_disk(
    script: httpx.AsyncClient, stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond a thousand browsers it lets nobody else in, and those that are in stay."""
    assert sessions.MAX_SESSIONS_PER_TOKEN == 1000
    monkeypatch.setattr(sessions, "MAX_SESSIONS_PER_TOKEN", 2)
    link = (await script.post("/api/v1/login-codes", json={"name": "class"})).json()["path"]
    first = [await stranger.get(link) for _ in range(2)]
    beyond = await stranger.get(link)

    assert [answer.status_code for answer in first] == [303, 303]
    assert (beyond.status_code, beyond.json()["code"]) == (429, "too_many_logins")
    assert (await stranger.get("/api/v1/me")).status_code == 200


async def test_a_link_ends_no_later_than_what_made_it(
    script: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    """However long was asked for, and its sessions with it; once is ten minutes at most."""
    bearer = await named(script, "lab", "operator", expires_in_s=600)
    many = {"name": "class", "expires_in_s": 86_400}
    link = (await script.post("/api/v1/login-codes", json=many, headers=bearer)).json()
    assert link["expires_in_s"] == 600
    assert "Max-Age=600" in (await stranger.get(link["path"])).headers["set-cookie"]

    long = await script.post("/api/v1/login-codes", json={"expires_in_s": 601})
    short = await script.post("/api/v1/login-codes", json={"expires_in_s": 60})

    assert (long.status_code, long.json()["errors"][0]["loc"]) == (422, ["expires_in_s"])
    assert short.json()["expires_in_s"] == 60


async def test_a_damaged_file_lets_only_the_own_token_in(
    script: httpx.AsyncClient, stranger: httpx.AsyncClient, tmp_path: Path
) -> None:
    """Named tokens get 503, which is not their fault, and are not taken for strangers."""
    bearer = await named(script, "lab", "admin")
    (tmp_path / TOKENS_FILE).write_text("{")

    answer = await stranger.get("/api/v1/me", headers=bearer)

    assert (answer.status_code, answer.json()["code"]) == (503, "token_file")
    assert (await script.get("/api/v1/me")).status_code == 200
    assert (await script.get("/api/v1/tokens")).status_code == 503
