"""Where the stream is reached; its behaviour is tested with the stream itself."""

from __future__ import annotations

import httpx
import pytest

from fakes.run_use_cases import FakeRuns, make_run
from matinee.web.routes import stream as module

pytestmark = pytest.mark.anyio

ACCEPT = {"Accept": "text/event-stream"}


@pytest.mark.parametrize(
    ("query", "headers", "loc"),
    [
        ("", {}, ["query", "run"]),
        ("?run=x", {}, ["query", "run"]),
        ("?run={run}&after=-1", {}, ["query", "after"]),
        ("?run={run}", {"Last-Event-ID": "x"}, ["header", "last-event-id"]),
        ("?run={run}", {"Last-Event-ID": "9" * 16}, ["header", "last-event-id"]),
    ],
)
async def test_a_wrong_address_is_refused_by_name(
    script: httpx.AsyncClient,
    runs: FakeRuns,
    query: str,
    headers: dict[str, str],
    loc: list[str],
) -> None:
    """A stream of no run, or from a senseless cursor, is refused before it begins."""
    run = runs.add(make_run())
    address = "/api/v1/stream" + query.format(run=run.id)

    response = await script.get(address, headers=ACCEPT | headers)

    assert response.status_code == 422
    assert response.json()["errors"][0]["loc"] == loc
    assert module.router.prefix == "/api/v1"
