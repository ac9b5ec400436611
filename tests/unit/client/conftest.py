"""A client on one side, the real app around in-memory runs on the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fastapi import FastAPI

from fakes.checkpoint_use_cases import FakeCheckpoints
from fakes.clock import StoppedClock
from fakes.credentials import TOKEN
from fakes.playing_use_cases import FakePlaying
from fakes.run_use_cases import FakeFeed, FakeRuns
from fakes.serving import serving
from fakes.watching_use_cases import FakeWatching
from matinee.client import AsyncMatineeClient
from matinee.storage.audit_file import AuditFile
from matinee.storage.catalogue import SqliteCatalogue
from matinee.storage.sessions import SqliteSessionStore
from matinee.storage.token_file import TokenFile
from matinee.web.app import create_app
from matinee.web.credentials import AccessToken, LoginCodes
from matinee.web.dependencies import WebDependencies
from matinee.web.hosts import HostPolicy


@pytest.fixture
def runs() -> FakeRuns:
    """What the app calls."""
    return FakeRuns()


@pytest.fixture
def checkpoints() -> FakeCheckpoints:
    """What the app calls for checkpoints."""
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
def app(
    runs: FakeRuns,
    checkpoints: FakeCheckpoints,
    playing: FakePlaying,
    watching: FakeWatching,
    tmp_path: Path,
) -> Iterator[FastAPI]:
    """The whole app."""
    clock = StoppedClock()
    with closing(SqliteCatalogue(tmp_path / "catalogue.db")) as catalogue:
        yield create_app(
            WebDependencies(
                runs=runs,
                checkpoints=checkpoints,
                playing=playing,
                watching=watching,
                feed=FakeFeed(runs),
                sessions=SqliteSessionStore(catalogue),
                tokens=TokenFile(tmp_path),
                audit=AuditFile(tmp_path),
                login_codes=LoginCodes(clock),
                token=AccessToken(TOKEN),
                hosts=HostPolicy(),
                clock=clock,
            )
        )


@pytest.fixture
async def address(app: FastAPI) -> AsyncIterator[str]:
    """Where the app listens."""
    async with serving(app) as url:
        yield url


@pytest.fixture
async def client(address: str) -> AsyncIterator[AsyncMatineeClient]:
    """A client with the token."""
    async with AsyncMatineeClient(address, token=TOKEN) as client:
        yield client
