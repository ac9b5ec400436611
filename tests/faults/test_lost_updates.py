"""Who repeats a request makes nothing twice, and who edits on an old basis overwrites nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from faults.contention import PARALLEL, double_edits, replayed_posts
from integration.live_server import FAST_RUN, PATIENCE_S, LiveServer
from matinee.contracts.identifiers import new_ulid

pytestmark = pytest.mark.anyio

KEYS = 15
EDITS = 20
"""`python -m benchmarks.contention` sends 500 keys and 200 double edits."""


@pytest.fixture
async def client(live_server: LiveServer) -> AsyncIterator[httpx.AsyncClient]:
    """Many connections to a real server."""
    async with httpx.AsyncClient(
        base_url=f"{live_server.base_url}/api/v1",
        headers={"Authorization": f"Bearer {live_server.token}"},
        timeout=PATIENCE_S,
    ) as client:
        yield client


async def test_a_replayed_post_makes_one_run(client: httpx.AsyncClient) -> None:
    """However many send the same key at the same moment, there is one run, and all are told which.

    Who comes while the first is still being answered may be asked to come again.
    """
    group = new_ulid()
    body = {**FAST_RUN, "start": False, "group": group}
    keys = [f"key-{group}-{number}" for number in range(KEYS)]
    replays = await replayed_posts(client, "/runs", body, keys=keys)

    assert set(replays.statuses) <= {201, 409}, replays.statuses
    assert [len(runs) for runs in replays.runs_of_key] == [1] * KEYS
    assert replays.statuses.total() == KEYS * PARALLEL
    listed = (await client.get("/runs", params={"group": group, "limit": 200})).json()["items"]
    assert {run["id"] for run in listed} == set().union(*replays.runs_of_key)
    assert len(listed) == KEYS


async def test_of_two_edits_on_one_basis_one_is_refused(client: httpx.AsyncClient) -> None:
    """Two PATCHes with the same ETag at the same moment: one wins, the other one is told."""
    run = (await client.post("/runs", json={**FAST_RUN, "start": False})).json()
    edits = await double_edits(client, f"/runs/{run['id']}", times=EDITS)

    assert edits == [([200, 412], True)] * EDITS
