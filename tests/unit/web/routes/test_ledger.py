"""The ledger as a file."""

from __future__ import annotations

import httpx
import pytest

from fakes.run_use_cases import FakeRuns, make_run
from matinee.contracts.ledger_file import LedgerFile
from matinee.web.routes import ledger as module

pytestmark = pytest.mark.anyio


async def test_a_ledger_is_downloaded(script: httpx.AsyncClient, runs: FakeRuns) -> None:
    """A file of the run's name, which reads back as it is."""
    run = runs.add(make_run())

    response = await script.get(f"/api/v1/runs/{run.id}/ledger.json")

    assert response.status_code == 200
    assert f"{run.id}-ledger.json" in response.headers["content-disposition"]
    assert LedgerFile.model_validate_json(response.content).spec == run.spec
    assert module.router.prefix.endswith("{run_id}")


async def test_a_run_that_is_not_there_has_no_ledger(script: httpx.AsyncClient) -> None:
    """404, as everywhere."""
    response = await script.get("/api/v1/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV/ledger.json")

    assert response.status_code == 404
