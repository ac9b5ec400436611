"""Events, series, exports."""

from __future__ import annotations

import httpx
import pytest

from fakes.run_use_cases import FakeRuns, log_event, make_run
from matinee.contracts.run import Run
from matinee.contracts.series import SeriesAxis
from matinee.contracts.workers import WorkerTable
from matinee.web.routes import record as module

pytestmark = pytest.mark.anyio


@pytest.fixture
def run(runs: FakeRuns) -> Run:
    """A run with a record."""
    return runs.add(make_run())


async def test_a_page_of_events_is_passed_on(
    script: httpx.AsyncClient, runs: FakeRuns, run: Run
) -> None:
    """The encoded page of the service is the answer, byte for byte."""
    runs.record(run.id, log_event(1), log_event(2), log_event(3))

    response = await script.get(f"/api/v1/runs/{run.id}/events?after=1&limit=1")

    assert response.headers["content-type"] == "application/json"
    assert response.json() == {"events": [log_event(2)], "next": 2, "epoch": run.id}


async def test_events_by_type(script: httpx.AsyncClient, runs: FakeRuns, run: Run) -> None:
    """Types may be repeated or joined by commas; each counts once."""
    address = f"/api/v1/runs/{run.id}/events"
    await script.get(f"{address}?types=log_written,run_created&types=log_written")
    await script.get(address)

    assert runs.calls == [
        ("events", (0, 1000, ("log_written", "run_created"))),
        ("events", (0, 1000, ())),
    ]


@pytest.mark.parametrize(
    "query",
    ["after=-1", "after=1e3", "limit=0", "limit=1001", "types=dance", "after=9007199254740992"],
)
async def test_a_wrong_event_query_is_refused(
    script: httpx.AsyncClient, run: Run, query: str
) -> None:
    """Cursors and limits outside their range, and unknown types, are refused by name."""
    response = await script.get(f"/api/v1/runs/{run.id}/events?{query}")

    assert response.status_code == 422
    assert response.json()["errors"][0]["loc"][1] == query.partition("=")[0]


async def test_a_series_is_asked_for_as_written(
    script: httpx.AsyncClient, runs: FakeRuns, run: Run
) -> None:
    """Every parameter of a series reaches the service; left out, its default does."""
    address = f"/api/v1/runs/{run.id}/series"
    await script.get(
        f"{address}?metric=episode_return&metric=entropy,entropy&x=seconds&points=100"
        "&from=1.5&to=9&smoothing=0.6"
    )
    await script.get(f"{address}?metric=entropy")

    assert runs.calls == [
        ("series", (("episode_return", "entropy"), SeriesAxis.SECONDS, 100, 1.5, 9.0, 0.6)),
        ("series", (("entropy",), SeriesAxis.ENV_STEP, 2000, None, None, 0.0)),
    ]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "metric=a&points=9",
        "metric=a&points=10001",
        "metric=a&smoothing=1",
        "metric=a&smoothing=nan",
        "metric=a&from=inf",
        "metric=a&x=hours",
        "metric=" + ",".join(["a"] * 51),
    ],
)
async def test_a_wrong_series_query_is_refused(
    script: httpx.AsyncClient, runs: FakeRuns, run: Run, query: str
) -> None:
    """A series without metrics, or with anything out of range, is refused."""
    response = await script.get(f"/api/v1/runs/{run.id}/series?{query}")

    assert response.status_code == 422
    assert runs.calls == []


async def test_histograms_are_asked_for_as_written(
    script: httpx.AsyncClient, runs: FakeRuns, run: Run
) -> None:
    """Every parameter reaches the service; left out, its default does."""
    address = f"/api/v1/runs/{run.id}/histograms"
    await script.get(
        f"{address}?histogram=actions&histogram=policy_lag,actions&x=update&points=7&from=1.5&to=9"
    )
    await script.get(f"{address}?histogram=actions")

    assert runs.calls == [
        ("histograms", (("actions", "policy_lag"), SeriesAxis.UPDATE, 7, 1.5, 9.0)),
        ("histograms", (("actions",), SeriesAxis.ENV_STEP, 300, None, None)),
    ]


@pytest.mark.parametrize(
    "query", ["", "histogram=a&points=0", "histogram=a&points=2001", "histogram=a&from=nan"]
)
async def test_a_wrong_histogram_query_is_refused(
    script: httpx.AsyncClient, runs: FakeRuns, run: Run, query: str
) -> None:
    """No names, or anything out of range, is refused."""
    response = await script.get(f"/api/v1/runs/{run.id}/histograms?{query}")

    assert response.status_code == 422
    assert runs.calls == []


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("episodes", "episode\n1\n"),
        ("metrics", "metric\nloss\n"),
        ("histograms", "histogram\nactions\n"),
    ],
)
@pytest.mark.parametrize(
    ("file_format", "media_type"),
    [("jsonl", "application/jsonl"), ("csv", "text/csv; charset=utf-8")],
)
async def test_an_export_is_a_file(
    script: httpx.AsyncClient, run: Run, *, name: str, body: str, file_format: str, media_type: str
) -> None:
    """Exports are whole files to be saved, never shown: attachment, named, not to be guessed."""
    response = await script.get(f"/api/v1/runs/{run.id}/{name}.{file_format}")

    assert response.text == body
    assert response.headers["content-type"] == media_type
    assert response.headers["x-content-type-options"] == "nosniff"
    assert (
        response.headers["content-disposition"]
        == f'attachment; filename="{run.id}-{name}.{file_format}"'
    )


async def test_threads_are_told(script: httpx.AsyncClient, runs: FakeRuns, run: Run) -> None:
    """The table as it was last told; of no run, 404."""
    runs.workers_told = WorkerTable(env_step=12)
    response = await script.get(f"/api/v1/runs/{run.id}/workers")
    missing = await script.get(f"/api/v1/runs/{make_run().id}/workers")

    assert WorkerTable.model_validate_json(response.content) == runs.workers_told
    assert missing.status_code == 404


@pytest.mark.parametrize(
    "file",
    [
        "episodes.jsonl",
        "episodes.csv",
        "episodes.parquet",
        "metrics.jsonl",
        "metrics.csv",
        "metrics.parquet",
        "histograms.csv",
        "histograms.parquet",
    ],
)
async def test_an_export_of_no_run_is_404(script: httpx.AsyncClient, file: str) -> None:
    """Whether the run exists is known before the first byte is sent."""
    response = await script.get(f"/api/v1/runs/{make_run().id}/{file}")

    assert response.status_code == 404
    assert module.MAX_EVENTS == 1000


async def test_an_export_of_one_metric_is_named_after_it(
    script: httpx.AsyncClient, runs: FakeRuns, run: Run
) -> None:
    """`?metric=` reaches the use case, and the file has the metric's name."""
    response = await script.get(f"/api/v1/runs/{run.id}/metrics.csv?metric=entropy")
    both = await script.get(f"/api/v1/runs/{run.id}/histograms.jsonl?histogram=actions,advantage")

    assert f'filename="{run.id}-entropy.csv"' in response.headers["content-disposition"]
    assert f'filename="{run.id}-histograms.jsonl"' in both.headers["content-disposition"]
    assert runs.calls[-2:] == [
        ("export_metrics", ("csv", "entropy")),
        ("export_histograms", ("jsonl", "actions", "advantage")),
    ]
