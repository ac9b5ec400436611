"""The server, put together from its settings."""

from __future__ import annotations

import asyncio
import gc
import shutil
from pathlib import Path

import httpx
import psutil
import pytest

from matinee.bootstrap.server import Server, build_server
from matinee.runs.recovery import FolderWatch
from matinee.runs.supervisor import Supervisor
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


def children() -> set[int]:
    """Child processes of this one."""
    return {child.pid for child in psutil.Process().children(recursive=True)}


async def test_a_start_that_fails_ends_what_had_started(
    built: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the start fails half-way its processes are ended, and the reason is not swallowed."""

    async def refuse(_watch: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(FolderWatch, "recover", refuse)
    before = children()
    with pytest.raises(OSError, match="the disk is gone"):
        async with built.app.router.lifespan_context(built.app):
            pass
    assert children() <= before


async def test_an_end_that_fails_ends_the_rest(
    built: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If one part cannot be ended the others are ended all the same."""

    async def refuse(_supervisor: object, *, keep_runs: bool) -> None:
        raise OSError(f"keep_runs={keep_runs}: no")

    monkeypatch.setattr(Supervisor, "close", refuse)
    before = children()
    with pytest.raises(OSError, match="keep_runs=False: no"):
        async with built.app.router.lifespan_context(built.app):
            pass
    assert children() <= before


async def test_living_again_and_again_leaks_nothing(data_dir: Path, built: Server) -> None:
    """Tasks and descriptors are as many after many lives as after one."""
    del built

    async def live() -> tuple[int, int]:
        server = build_server(Settings(data_dir=data_dir))
        async with server.app.router.lifespan_context(server.app):
            await server.dependencies.runs.environments()
        gc.collect()
        return len(asyncio.all_tasks()), len(list(Path("/dev/fd").iterdir()))

    await live()
    tasks, descriptors = await live()
    for _ in range(3):
        again = await live()
        assert again[0] <= tasks
        assert again[1] <= descriptors
