"""An app around in-memory runs, a clock that stands still, and clients with and without token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from fakes.checkpoint_use_cases import FakeCheckpoints
from fakes.clock import StoppedClock
from fakes.credentials import BASE_URL, BEARER, TOKEN
from fakes.playing_use_cases import FakePlaying
from fakes.run_use_cases import FakeFeed, FakeRuns
from fakes.serving import serving
from fakes.watching_use_cases import FakeWatching
from matinee.storage.catalogue import SqliteCatalogue
from matinee.storage.sessions import SqliteSessionStore
from matinee.storage.token_file import TokenFile
from matinee.web.app import create_app
from matinee.web.credentials import AccessToken, LoginCodes
from matinee.web.dependencies import WebDependencies
from matinee.web.hosts import HostPolicy


@pytest.fixture
def clock() -> StoppedClock:
    """What the app takes for the time."""
    return StoppedClock()


@pytest.fixture
def runs() -> FakeRuns:
    """What the app calls."""
    return FakeRuns()


@pytest.fixture
def checkpoints() -> FakeCheckpoints:
    """What it calls about checkpoints."""
    return FakeCheckpoints()


@pytest.fixture
def playing() -> FakePlaying:
    """What the app calls to have episodes played."""
    return FakePlaying()


@pytest.fixture
def watching() -> FakeWatching:
    """What the app calls for people who watch."""
    return FakeWatching()


@pytest.fixture
def tokens(tmp_path: Path) -> TokenFile:
    """The named tokens."""
    return TokenFile(tmp_path)


@pytest.fixture
def dependencies(  # noqa: PLR0917 - pytest fills them by name
    runs: FakeRuns,
    checkpoints: FakeCheckpoints,
    playing: FakePlaying,
    watching: FakeWatching,
    clock: StoppedClock,
    tokens: TokenFile,
    tmp_path: Path,
) -> Iterator[WebDependencies]:
    """All that the app needs; sessions and tokens are in real files."""
    with closing(SqliteCatalogue(tmp_path / "catalogue.db")) as catalogue:
        yield WebDependencies(
            runs=runs,
            checkpoints=checkpoints,
            playing=playing,
            watching=watching,
            feed=FakeFeed(runs),
            sessions=SqliteSessionStore(catalogue),
            tokens=tokens,
            login_codes=LoginCodes(clock),
            token=AccessToken(TOKEN),
            hosts=HostPolicy(["gpu1.example.org", "https://rl.example.org"]),
            clock=clock,
            page_dir=tmp_path / "page",
        )


@pytest.fixture
def app(dependencies: WebDependencies) -> FastAPI:
    """The whole app: boundary, gate, routes, page."""
    return create_app(dependencies)


@pytest.fixture
async def stranger(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without token or cookie."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        yield client


@pytest.fixture
async def script(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the token."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=BEARER) as client:
        yield client


@pytest.fixture
async def listening(app: FastAPI) -> AsyncIterator[str]:
    """The address of the app behind a real socket."""
    async with serving(app) as url:
        yield url
