"""Create, list, read, edit, delete."""

from __future__ import annotations

import httpx
import pytest

from fakes.run_use_cases import FakeRuns, make_run
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.run_state import RunState
from matinee.errors import ConflictError
from matinee.runs.ports import RunQuery
from matinee.web.routes import runs as module

pytestmark = pytest.mark.anyio

CARTPOLE = {"environment": {"id": "CartPole-v1"}}


async def test_a_created_run_has_an_address(script: httpx.AsyncClient, runs: FakeRuns) -> None:
    """201 with the run, its address and its ETag; actor, key and wait reach the service."""
    response = await script.post(
        "/api/v1/runs?wait=2.5", json=CARTPOLE, headers={"Idempotency-Key": "k-1"}
    )
    run_id = response.json()["id"]

    assert response.status_code == 201
    assert response.headers["location"] == f"/api/v1/runs/{run_id}"
    assert response.headers["etag"] == '"1"'
    assert (await script.get(response.headers["location"])).json() == response.json()
    assert runs.calls[0] == ("create_run", ("token", "k-1", 2.5))


@pytest.mark.parametrize("key", ["", "a" * 201, "two words", "naïve".encode().decode("latin-1")])
async def test_a_key_is_short_and_printable(
    script: httpx.AsyncClient, runs: FakeRuns, key: str
) -> None:
    """An Idempotency-Key that is empty, too long or not printable ASCII is refused by name."""
    headers = [(b"Idempotency-Key", key.encode("latin-1"))]

    response = await script.post("/api/v1/runs", json=CARTPOLE, headers=headers)

    assert response.status_code == 422
    assert response.json()["errors"][0]["loc"] == ["header", "idempotency-key"]
    assert runs.calls == []


@pytest.mark.parametrize("wait", ["-1", "30.1", "nan", "inf", "soon"])
async def test_nobody_waits_for_ever(script: httpx.AsyncClient, runs: FakeRuns, wait: str) -> None:
    """`wait` is a number of seconds from 0 to 30."""
    response = await script.post(f"/api/v1/runs?wait={wait}", json=CARTPOLE)

    assert response.status_code == 422
    assert response.json()["errors"][0]["loc"] == ["query", "wait"]
    assert runs.calls == []


async def test_every_filter_reaches_the_service(script: httpx.AsyncClient, runs: FakeRuns) -> None:
    """States may be repeated; every parameter of the list becomes part of the query."""
    await script.get(
        "/api/v1/runs?state=running&state=paused&environment=CartPole-v1&algorithm=a3c"
        "&group=g&q=word&limit=7&cursor=c"
    )
    await script.get("/api/v1/runs")

    assert runs.calls == [
        (
            "list_runs",
            RunQuery(
                states=(RunState.RUNNING, RunState.PAUSED),
                environment="CartPole-v1",
                algorithm=Algorithm.A3C,
                group="g",
                text="word",
                limit=7,
                cursor="c",
            ),
        ),
        ("list_runs", RunQuery()),
    ]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "state=dancing", "algorithm=dqn", "q=" + "a" * 101]
)
async def test_a_wrong_filter_is_refused(script: httpx.AsyncClient, query: str) -> None:
    """A filter outside its range is an error by name, never silently ignored."""
    response = await script.get(f"/api/v1/runs?{query}")

    assert response.status_code == 422
    assert response.json()["errors"][0]["loc"][:2] == ["query", query.partition("=")[0]]


async def test_an_edit_needs_the_newest_revision(script: httpx.AsyncClient, runs: FakeRuns) -> None:
    """Without If-Match 428, with an older one 412, with the newest 200 and a new ETag."""
    run = runs.add(make_run())
    address = f"/api/v1/runs/{run.id}"
    patch = {"name": "second try"}

    missing = await script.patch(address, json=patch)
    edited = await script.patch(address, json=patch, headers={"If-Match": '"1"'})
    stale = await script.patch(address, json=patch, headers={"If-Match": '"1"'})

    assert [r.status_code for r in (missing, edited, stale)] == [428, 200, 412]
    assert (missing.json()["code"], stale.json()["code"]) == (
        "revision_required",
        "stale_revision",
    )
    assert edited.json()["name"] == "second try"
    assert edited.headers["etag"] == '"2"'


async def test_an_edit_changes_only_what_it_names(
    script: httpx.AsyncClient, runs: FakeRuns
) -> None:
    """A field that is left out stays; one that is null is cleared."""
    run = runs.add(make_run(group="g", notes="n"))

    response = await script.patch(
        f"/api/v1/runs/{run.id}", json={"group": None}, headers={"If-Match": '"1"'}
    )

    assert (response.json()["group"], response.json()["notes"]) == (None, "n")


async def test_deleting_has_no_body(script: httpx.AsyncClient, runs: FakeRuns) -> None:
    """204 without a body; then the run is not found."""
    run = runs.add(make_run())
    address = f"/api/v1/runs/{run.id}"

    response = await script.delete(address)

    assert (response.status_code, response.content) == (204, b"")
    assert (await script.get(address)).status_code == 404


async def test_an_active_run_is_not_deleted(script: httpx.AsyncClient, runs: FakeRuns) -> None:
    """What the service refuses as a conflict is 409 with its code."""
    run = runs.add(make_run())
    runs.refusal = ConflictError("it is running", code="run_active")

    response = await script.delete(f"/api/v1/runs/{run.id}")

    assert (response.status_code, response.json()["code"]) == (409, "run_active")
    assert module.router.prefix == "/api/v1/runs"
