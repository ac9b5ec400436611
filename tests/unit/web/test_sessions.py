"""Session cookies: how they are made, what they open, when they end."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from fakes.clock import StoppedClock
from fakes.credentials import BASE_URL, ORIGIN, TOKEN
from fakes.run_use_cases import FakeRuns, make_run
from matinee.web.credentials import OWN_GRANT, SESSION_LIFETIME
from matinee.web.dependencies import WebDependencies
from matinee.web.sessions import cookie_name

pytestmark = pytest.mark.anyio


async def log_in(client: httpx.AsyncClient, dependencies: WebDependencies) -> httpx.Response:
    """Follow a fresh login link."""
    return await client.get(f"/login?code={dependencies.login_codes.create(OWN_GRANT)}")


async def test_the_cookie_is_out_of_reach(
    stranger: httpx.AsyncClient, dependencies: WebDependencies
) -> None:
    """No script can read the cookie, no other site can send it, no other port has its name."""
    cookie = (await log_in(stranger, dependencies)).headers["set-cookie"]
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}

    assert cookie.startswith("matinee_session_8000=")
    assert {"httponly", "samesite=strict", "path=/", "max-age=2592000"} <= parts
    assert "secure" not in parts


async def test_over_tls_the_cookie_is_secure(
    stranger: httpx.AsyncClient, dependencies: WebDependencies
) -> None:
    """Under an https name the cookie never travels in clear, has the name that browsers take from
    this host alone, opens the API, and is taken back under the same name.
    """
    host = {"Host": "rl.example.org"}
    code = dependencies.login_codes.create(OWN_GRANT)
    response = await stranger.get(f"/login?code={code}", headers=host)
    name, _, secret = response.headers["set-cookie"].split(";")[0].partition("=")
    cookie = {**host, "Cookie": f"{name}={secret}"}
    opened = await stranger.get("/api/v1/me", headers=cookie)
    under_the_other_name = {**host, "Cookie": f"matinee_session_8000={secret}"}
    refused = await stranger.get("/api/v1/me", headers=under_the_other_name)
    left = await stranger.post("/logout", headers={**cookie, "Origin": "https://rl.example.org"})

    assert name == "__Host-matinee_session_8000"
    # Browsers throw a `__Host-` cookie away that lacks any of these, also when it is taken back.
    for answer in (response, left):
        parts = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
        assert {"secure", "path=/"} <= parts
        assert not any(part.startswith("domain") for part in parts)
    assert (opened.status_code, refused.status_code, left.status_code) == (200, 401, 204)


async def test_a_session_opens_the_api_as_the_browser(
    stranger: httpx.AsyncClient, dependencies: WebDependencies, runs: FakeRuns
) -> None:
    """With the cookie a page may read, and act with its Origin; the ledger says browser."""
    await log_in(stranger, dependencies)
    run = runs.add(make_run())

    read = await stranger.get(f"/api/v1/runs/{run.id}")
    acted = await stranger.post(f"/api/v1/runs/{run.id}/pause", headers=ORIGIN)
    foreign = await stranger.post(f"/api/v1/runs/{run.id}/pause")

    assert (read.status_code, acted.status_code, foreign.status_code) == (200, 202, 403)
    assert [command.actor for command in runs.ledger] == ["browser"]


async def test_a_wrong_token_is_not_saved_by_a_good_cookie(
    stranger: httpx.AsyncClient, dependencies: WebDependencies
) -> None:
    """Who sends a wrong token is told so, whatever cookie is beside it."""
    await log_in(stranger, dependencies)

    response = await stranger.get("/api/v1/runs", headers={"Authorization": "Bearer wrong"})

    assert response.json()["code"] == "wrong_token"


async def test_a_session_expires(
    stranger: httpx.AsyncClient, dependencies: WebDependencies, clock: StoppedClock
) -> None:
    """After thirty days the cookie opens nothing."""
    await log_in(stranger, dependencies)

    clock.advance(SESSION_LIFETIME - timedelta(seconds=1))
    before = await stranger.get("/api/v1/runs")
    clock.advance(timedelta(seconds=1))
    after = await stranger.get("/api/v1/runs")

    assert (before.status_code, after.status_code) == (200, 401)


async def test_logging_out_ends_the_session_everywhere(
    stranger: httpx.AsyncClient, dependencies: WebDependencies
) -> None:
    """After logout the cookie is worthless, also in a copy of it."""
    await log_in(stranger, dependencies)
    stolen = dict(stranger.cookies)

    response = await stranger.post("/logout", headers=ORIGIN)
    cookie = "; ".join(f"{name}={value}" for name, value in stolen.items())
    again = await stranger.get("/api/v1/runs", headers={"Cookie": cookie})

    assert response.status_code == 204
    assert 'matinee_session_8000=""' in response.headers["set-cookie"]
    assert again.status_code == 401


async def test_the_server_keeps_no_cookie_in_clear(
    stranger: httpx.AsyncClient, dependencies: WebDependencies
) -> None:
    """The secret of a cookie is itself no key of the table: a stolen file opens nothing."""
    await log_in(stranger, dependencies)
    secret = stranger.cookies["matinee_session_8000"]

    assert dependencies.sessions.find_session(secret, now=dependencies.clock()) is None


async def test_a_token_buys_a_cookie(stranger: httpx.AsyncClient) -> None:
    """`POST /login` with the access token sets a cookie that opens the API."""
    response = await stranger.post("/login", json={"token": TOKEN}, headers=ORIGIN)

    assert response.status_code == 204
    assert (await stranger.get("/api/v1/runs")).status_code == 200


def test_the_name_has_the_port() -> None:
    """Two servers on one machine, whose cookies a browser would mix up, use two names."""
    names = {cookie_name({"server": ("127.0.0.1", port)}) for port in (8000, 8001)}

    assert names == {"matinee_session_8000", "matinee_session_8001"}
    assert cookie_name({"server": ("/run/matinee.sock", None)}) == "matinee_session_local"
    assert BASE_URL.endswith(":8000")
