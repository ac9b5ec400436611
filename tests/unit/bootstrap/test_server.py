"""The server, put together from its settings."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import psutil
import pytest

from matinee.bootstrap.server import Server, build_server
from matinee.settings import Settings, access_token

pytestmark = pytest.mark.anyio


@pytest.fixture
def built(
    data_dir: Path, runtime_dir: Path, environment_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> Server:
    """A server that is not started yet and need not look for environments."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime_dir))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3] / "backend"))
    shutil.copytree(environment_cache, data_dir / "cache")
    return build_server(Settings(data_dir=data_dir, max_active_runs=7))


def client(server: Server, token: str | None = None) -> httpx.AsyncClient:
    """A script that talks to the app without a network."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(server.app),
        base_url="http://127.0.0.1:8000",
        headers={} if token is None else {"Authorization": f"Bearer {token}"},
    )


async def test_the_settings_reach_what_they_are_for(built: Server, data_dir: Path) -> None:
    """The kept token opens the API, and the limits that it states are the settings'."""
    token = access_token(Settings(data_dir=data_dir))

    async with built.app.router.lifespan_context(built.app), client(built, token) as script:
        system = (await script.get("/api/v1/system")).json()
        environments = (await script.get("/api/v1/environments")).json()["items"]
        presets = (await script.get("/api/v1/presets")).json()["items"]

    assert system["limits"]["active_runs"] == 7
    assert system["data_dir"] == str(data_dir)
    assert "CartPole-v1" in {each["id"] for each in environments}
    assert "cartpole-a3c" in {each["name"] for each in presets}


async def test_without_the_token_nothing_is_told(built: Server) -> None:
    """The composed app asks everybody for the token."""
    async with client(built, "w" * 32) as stranger:
        assert (await stranger.get("/api/v1/system")).status_code == 401


async def test_the_login_path_logs_in_once(built: Server) -> None:
    """Each path that the server hands out makes one session, and each is another."""
    path = built.new_login_path()
    assert built.new_login_path() != path

    async with client(built) as browser:
        assert "set-cookie" in (await browser.get(path)).headers
        assert (await browser.get("/api/v1/runs")).status_code == 200
    async with client(built) as thief:
        assert "set-cookie" not in (await thief.get(path)).headers
        assert (await thief.get("/api/v1/runs")).status_code == 401


async def test_the_end_leaves_nothing_behind(built: Server, data_dir: Path) -> None:
    """After the lifespan no child process is left, and another server can take the folder over."""
    before = {child.pid for child in psutil.Process().children(recursive=True)}

    async with built.app.router.lifespan_context(built.app):
        pass

    after = {child.pid for child in psutil.Process().children(recursive=True)}
    assert after <= before
    again = build_server(Settings(data_dir=data_dir))
    async with again.app.router.lifespan_context(again.app):
        pass
