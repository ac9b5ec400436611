"""What the process of a run has printed, over HTTP."""

from __future__ import annotations

import httpx
import pytest

from fakes.run_use_cases import FakeRuns, make_run
from matinee.contracts.log_page import LogPage
from matinee.web.routes import log as module

pytestmark = pytest.mark.anyio


async def test_a_page_of_the_log(script: httpx.AsyncClient, runs: FakeRuns) -> None:
    """The newest lines, or those after or before a place; the page says where it is."""
    run = runs.add(make_run())
    runs.log_told = LogPage(start=3, end=9, size=9, text="hello\n")
    address = f"/api/v1/runs/{run.id}/log"

    answer = await script.get(address)
    await script.get(f"{address}?after=9&limit=100")
    await script.get(f"{address}?before=3")

    assert LogPage.model_validate_json(answer.content) == runs.log_told
    assert [argument for name, argument in runs.calls if name == "log"] == [
        (None, None, module.DEFAULT_BYTES),
        (9, None, 100),
        (None, 3, module.DEFAULT_BYTES),
    ]


@pytest.mark.parametrize("query", ["after=1&before=2", "limit=0", f"limit={module.MAX_BYTES + 1}"])
async def test_what_makes_no_sense_is_refused(
    script: httpx.AsyncClient, runs: FakeRuns, query: str
) -> None:
    """With a field and words, and without asking anybody."""
    run = runs.add(make_run())
    response = await script.get(f"/api/v1/runs/{run.id}/log?{query}")

    assert response.status_code == 422
    assert response.json()["errors"]
    assert runs.calls == []


async def test_the_whole_log_is_a_file(script: httpx.AsyncClient, runs: FakeRuns) -> None:
    """Saved and never shown, so that nothing in it is taken for a page."""
    run = runs.add(make_run())
    runs.log_told = LogPage(start=0, end=9, size=9, text="<b>hello\n")
    response = await script.get(f"/api/v1/runs/{run.id}/log.txt")

    assert response.text == "<b>hello\n"
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert f'filename="{run.id}-log.txt"' in response.headers["content-disposition"]
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("file", ["log", "log.txt"])
async def test_a_run_that_is_not_there_has_no_log(script: httpx.AsyncClient, file: str) -> None:
    """404, before the first byte."""
    response = await script.get(f"/api/v1/runs/{make_run().id}/{file}")

    assert response.status_code == 404
