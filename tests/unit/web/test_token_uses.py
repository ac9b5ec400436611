"""When tokens were last used."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

import httpx
import pytest
from structlog.testing import capture_logs

from fakes.clock import StoppedClock
from fakes.run_use_cases import NOW
from matinee.errors import CatalogueError
from matinee.web.dependencies import WebDependencies
from matinee.web.token_uses import SAVE_EVERY, TokenUses
from matinee.web.token_watch import watch_tokens

pytestmark = pytest.mark.anyio

LATER = NOW + timedelta(seconds=1)


class FullStore:
    """Implements `matinee.web.token_uses.UseStore`: its disk is full until it is not."""

    def __init__(self) -> None:
        self.is_full = True
        self.saved: list[Mapping[str, datetime]] = []

    def save_token_uses(self, uses: Mapping[str, datetime]) -> None:
        """Refuse, or remember."""
        if self.is_full:
            raise CatalogueError("the disk is full")
        self.saved.append(uses)


async def test_uses_are_written_once_a_minute_and_only_if_there_are_any(
    dependencies: WebDependencies,
) -> None:
    """The first at once, then one write for all uses of a minute."""
    uses, store = TokenUses(), dependencies.sessions
    assert not uses.is_due(NOW)
    uses.note("A", now=NOW)
    assert uses.is_due(NOW)
    await uses.save(store, now=NOW)
    assert store.token_uses() == {"A": NOW}
    assert uses.noted() == {}

    uses.note("A", now=LATER)
    assert not uses.is_due(NOW + SAVE_EVERY - timedelta(microseconds=1))
    assert uses.is_due(NOW + SAVE_EVERY)
    assert uses.noted() == {"A": LATER}


async def test_a_use_that_cant_be_written_stays_noted_and_is_told_once() -> None:
    """A full disk refuses nobody, and loses nothing once it is mended."""
    uses, store = TokenUses(), FullStore()
    uses.note("A", now=NOW)
    with capture_logs() as logs:
        for _ in range(3):
            await uses.save(store, now=NOW)
    assert [log["event"] for log in logs] == ["token_uses_unsaved"]
    assert uses.noted() == {"A": NOW}

    store.is_full = False
    await uses.save(store, now=NOW)
    assert store.saved == [{"A": NOW}]
    assert uses.noted() == {}


async def test_every_way_in_counts_as_a_use(
    script: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    dependencies: WebDependencies,
    clock: StoppedClock,
) -> None:
    """A request with the token, a login with it, a browser that follows a link; an admin who lists
    it is none.
    """
    made = (await script.post("/api/v1/tokens", json={"name": "lab", "role": "viewer"})).json()
    body = {"name": "class", "role": "viewer"}
    link = (await script.post("/api/v1/login-codes", json=body)).json()
    assert await last_uses(script) == {"lab": None, "class": None}

    bearer = {"Authorization": f"Bearer {made['token']}"}
    assert (await stranger.get("/api/v1/me", headers=bearer)).status_code == 200
    await stranger.get(link["path"])
    assert await last_uses(script) == {"lab": clock(), "class": clock()}

    clock.advance(timedelta(hours=1))
    await stranger.get("/api/v1/me")
    now = clock()
    assert await last_uses(script) == {"lab": now - timedelta(hours=1), "class": now}
    assert (await script.get("/api/v1/tokens")).json()["items"][0]["sessions"] == 1
    assert dependencies.sessions.token_uses() == {}


async def test_a_server_that_ends_writes_down_what_was_noted(
    dependencies: WebDependencies,
) -> None:
    """Nothing of a proper stop is lost."""
    task = asyncio.create_task(watch_tokens(dependencies))
    dependencies.token_uses.note("A", now=NOW)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])

    assert dependencies.sessions.token_uses() == {"A": NOW}


async def last_uses(script: httpx.AsyncClient) -> dict[str, datetime | None]:
    """By name, as listed."""
    items = (await script.get("/api/v1/tokens")).json()["items"]
    return {
        item["name"]: item["last_used_at"] and datetime.fromisoformat(item["last_used_at"])
        for item in items
    }
