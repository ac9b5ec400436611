"""Health, metrics, and what the server offers."""

from __future__ import annotations

import httpx
import pytest

from fakes.run_use_cases import FakeRuns
from matinee.web.routes import server as module

pytestmark = pytest.mark.anyio


async def test_alive_asks_nobody(stranger: httpx.AsyncClient, runs: FakeRuns) -> None:
    """`/livez` answers whatever the state of everything else."""
    runs.refusal = RuntimeError("everything is broken")

    response = await stranger.get("/livez")

    assert (response.status_code, response.json()) == (200, {"status": "alive"})
    assert runs.calls == []


async def test_ready_only_if_every_check_is(stranger: httpx.AsyncClient, runs: FakeRuns) -> None:
    """`/readyz` is 200 or 503, with each check and its detail either way."""
    ready = await stranger.get("/readyz")
    runs.ready = False
    unready = await stranger.get("/readyz")

    assert (ready.status_code, unready.status_code) == (200, 503)
    assert ready.json()["checks"]["disk"]["ok"] is True
    assert unready.json() == {
        "ready": False,
        "checks": {"disk": {"ok": False, "detail": "as the test says"}},
    }


@pytest.mark.parametrize("name", ["system", "environments", "algorithms", "alert_rules", "presets"])
async def test_what_the_server_offers(script: httpx.AsyncClient, runs: FakeRuns, name: str) -> None:
    """Each description is one call of the service."""
    response = await script.get(f"/api/v1/{name.replace('_', '-')}")

    assert response.status_code == 200
    assert runs.calls == [(name, None)]
    assert module.PrometheusResponse.media_type.startswith("text/plain")


async def test_what_the_records_take(script: httpx.AsyncClient, runs: FakeRuns) -> None:
    """It is one call of the service, and only who is known is told."""
    response = await script.get("/api/v1/system/storage")

    assert response.json() == {
        "runs": 2,
        "record_bytes": 3,
        "free_disk_bytes": 4,
        "total_disk_bytes": 5,
    }
    assert runs.calls == [("storage", None)]
