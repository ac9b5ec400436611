"""The same server, below a path."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from fakes.credentials import BASE_URL, BEARER, ORIGIN
from fakes.run_use_cases import FakeRuns, make_run
from matinee.web.app import create_app
from matinee.web.credentials import OWN_GRANT
from matinee.web.dependencies import WebDependencies
from matinee.web.path_prefix import PathPrefix
from matinee.web.static import INDEX

pytestmark = pytest.mark.anyio

PREFIX = "/lab/matinee"


@pytest.fixture
def below(dependencies: WebDependencies) -> WebDependencies:
    """What the app needs, below the prefix, with a page."""
    dependencies.page_dir.mkdir()
    (dependencies.page_dir / INDEX).write_text('<script src="./assets/a.js"></script>')
    return replace(dependencies, path_prefix=PREFIX)


@pytest.fixture
async def stranger(below: WebDependencies) -> AsyncIterator[httpx.AsyncClient]:
    """A client without token or cookie."""
    transport = httpx.ASGITransport(app=create_app(below))
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        yield client


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("path", "passed_on"),
    [
        (PREFIX, "/"),
        (f"{PREFIX}/", "/"),
        (f"{PREFIX}/api/v1/runs", "/api/v1/runs"),
        ("/api/v1/runs", "/api/v1/runs"),
        (f"{PREFIX}ee/api", f"{PREFIX}ee/api"),
        (f"/x{PREFIX}/api", f"/x{PREFIX}/api"),
        (f"{PREFIX}{PREFIX}/api", f"{PREFIX}/api"),
    ],
)
async def test_the_prefix_is_taken_off_once(kind: str, path: str, passed_on: str) -> None:
    """Exactly the prefix goes, from both spellings of the path, and nothing that looks like it."""
    scopes: list[Any] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        scopes.append(scope)

    scope = {"type": kind, "path": path, "raw_path": path.encode()}
    await PathPrefix(app, PREFIX)(scope, None, None)  # type: ignore[arg-type]

    assert (scopes[0]["path"], scopes[0]["raw_path"]) == (passed_on, passed_on.encode())


@pytest.mark.parametrize(
    "path",
    [
        f"{PREFIX}/api/v1/runs",
        "/api/v1/runs",
        f"{PREFIX}/metrics",
        f"{PREFIX}/api/v1/me",
    ],
)
async def test_the_gate_sees_what_the_router_sees(stranger: httpx.AsyncClient, path: str) -> None:
    """What needs a login needs it below the prefix too."""
    assert (await stranger.get(path)).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        f"{PREFIX}{PREFIX}/api/v1/runs",
        "/lab%2Fmatinee/api/v1/runs",
        "/l%61b/matinee/api/v1/runs",
        f"{PREFIX}//api/v1/runs",
        f"{PREFIX}/./api/v1/runs",
        f"{PREFIX}/../api/v1/runs",
        "//lab/matinee/api/v1/runs",
    ],
)
async def test_no_spelling_of_the_prefix_leads_past_the_gate(
    stranger: httpx.AsyncClient, runs: FakeRuns, path: str
) -> None:
    """A path that is not recognised reaches no route, whatever the gate takes it for."""
    answer = await stranger.request("GET", httpx.URL(BASE_URL, raw_path=path.encode()))

    assert answer.status_code in {401, 404}
    assert runs.calls == []


async def test_a_login_stays_below_the_prefix(
    stranger: httpx.AsyncClient, below: WebDependencies
) -> None:
    """The link leads to the page below the prefix; its cookie goes there and nowhere else."""
    path = below.login_path(below.login_codes.create(OWN_GRANT))

    login = await stranger.get(path)
    used_up = await stranger.get(path)
    opened = await stranger.get(f"{PREFIX}/api/v1/me")
    elsewhere = await stranger.get("/api/v1/me")
    left = await stranger.post(f"{PREFIX}/logout", headers=ORIGIN)

    assert path.startswith(f"{PREFIX}/login?code=")
    assert login.headers["location"] == f"{PREFIX}/"
    assert "Path=/lab/matinee/;" in login.headers["set-cookie"]
    assert used_up.headers["location"].startswith(f"{PREFIX}/?login=")
    assert (opened.status_code, elsewhere.status_code) == (200, 401)
    assert "Path=/lab/matinee/;" in left.headers["set-cookie"]


async def test_answers_name_addresses_below_the_prefix(
    stranger: httpx.AsyncClient, runs: FakeRuns
) -> None:
    """A new run's Location and a new link's path can be followed as they are."""
    runs.add(make_run())
    stranger.headers.update(BEARER)
    body = {"environment": {"id": "CartPole-v1"}}

    run = await stranger.post(f"{PREFIX}/api/v1/runs", json=body)
    link = await stranger.post(f"{PREFIX}/api/v1/login-codes")

    assert run.headers["location"].startswith(f"{PREFIX}/api/v1/runs/")
    assert (await stranger.get(run.headers["location"])).status_code == 200
    assert link.json()["path"].startswith(f"{PREFIX}/login?code=")


@pytest.mark.parametrize("path", ["", "/", "/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV"])
async def test_the_page_finds_its_files(stranger: httpx.AsyncClient, path: str) -> None:
    """At whatever depth the page is opened, its files are named below the prefix."""
    page = await stranger.get(f"{PREFIX}{path}", headers={"Accept": "text/html"})

    assert page.text == '<script src="/lab/matinee/assets/a.js"></script>'
