"""Logging in and out."""

from __future__ import annotations

import httpx
import pytest

from fakes.clock import StoppedClock
from fakes.credentials import ORIGIN, TOKEN
from matinee.web.dependencies import WebDependencies
from matinee.web.login_limit import MAX_FAILURES, WINDOW
from matinee.web.routes import sessions as module

pytestmark = pytest.mark.anyio


async def test_a_link_logs_in_once(
    stranger: httpx.AsyncClient, dependencies: WebDependencies
) -> None:
    """The first visit sets the cookie and leads to the page; the second says that it is used."""
    link = f"/login?code={dependencies.login_codes.create()}"

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
    link = f"/login?code={dependencies.login_codes.create()}"
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
