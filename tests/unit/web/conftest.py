"""An app around in-memory runs, a clock that stands still, and clients with and without token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from fakes.checkpoint_use_cases import FakeCheckpoints
from fakes.clock import StoppedClock
from fakes.credentials import BASE_URL, BEARER
from fakes.doors import Doors, open_doors
from fakes.playing_use_cases import FakePlaying
from fakes.run_use_cases import FakeRuns
from fakes.serving import serving
from fakes.watching_use_cases import FakeWatching
from matinee.storage.token_file import TokenFile
from matinee.web.dependencies import WebDependencies


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[Doors]:
    """The app with all that is behind it."""
    with open_doors(tmp_path, names=["gpu1.example.org", "https://rl.example.org"]) as opened:
        yield opened


@pytest.fixture
def clock(doors: Doors) -> StoppedClock:
    """What the app takes for the time."""
    return doors.clock


@pytest.fixture
def runs(doors: Doors) -> FakeRuns:
    """What the app calls."""
    return doors.runs


@pytest.fixture
def checkpoints(doors: Doors) -> FakeCheckpoints:
    """What it calls about checkpoints."""
    return doors.checkpoints


@pytest.fixture
def playing(doors: Doors) -> FakePlaying:
    """What the app calls to have episodes played."""
    return doors.playing


@pytest.fixture
def watching(doors: Doors) -> FakeWatching:
    """What the app calls for people who watch."""
    return doors.watching


@pytest.fixture
def tokens(doors: Doors) -> TokenFile:
    """The named tokens."""
    return doors.tokens


@pytest.fixture
def dependencies(doors: Doors) -> WebDependencies:
    """All that the app needs; sessions and tokens are in real files."""
    return doors.dependencies


@pytest.fixture
def app(doors: Doors) -> FastAPI:
    """The whole app: boundary, gate, routes, page."""
    return doors.app


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
