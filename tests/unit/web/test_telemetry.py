"""What `/metrics` says."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from fakes.run_use_cases import FakeRuns, make_run
from matinee.bootstrap.connection_places import Refusal
from matinee.contracts.run_state import RunState
from matinee.contracts.system import ServerFigures
from matinee.web import telemetry as module
from matinee.web.telemetry import WebTelemetry

FIGURES = ServerFigures(
    runs={RunState.RUNNING: 2},
    heartbeat_age_s=None,
    events_published=7,
    env_steps_per_second=1000.5,
    free_disk_bytes=10,
)


def values(telemetry: WebTelemetry) -> dict[tuple[str, str], float]:
    """Every sample by name and its only label's value, if it has one."""
    text = telemetry.render(FIGURES).decode()
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_service_is_reported() -> None:
    """Runs by state, throughput, events and free disk appear with the service's figures."""
    found = values(WebTelemetry())

    assert found["matinee_runs", "running"] == 2
    assert found["matinee_runs", "failed"] == 0
    assert found["matinee_events_published_total", ""] == 7
    assert found["matinee_env_steps_per_second", ""] == 1000.5
    assert found["matinee_free_disk_bytes", ""] == 10
    assert found["matinee_heartbeat_age_seconds", ""] == 0


def test_every_state_has_a_series() -> None:
    """States without runs are 0, not missing: an alert on a missing series never fires."""
    found = values(WebTelemetry())

    assert {label for name, label in found if name == "matinee_runs"} == set(RunState)


def test_streams_are_counted_while_open() -> None:
    """The gauge goes up with each open stream and down at its end, also after an error."""
    telemetry = WebTelemetry()
    with pytest.raises(RuntimeError), telemetry.stream():  # noqa: PT012
        assert values(telemetry)["matinee_ws_clients", ""] == 1
        raise RuntimeError

    assert values(telemetry)["matinee_ws_clients", ""] == 0


def test_disconnects_are_counted_by_cause() -> None:
    """Each end of a stream adds to its cause."""
    telemetry = WebTelemetry()
    telemetry.count_disconnect("slow")
    telemetry.count_disconnect("slow")

    assert values(telemetry)["matinee_ws_disconnects_total", "slow"] == 2
    assert values(telemetry)["matinee_ws_disconnects_total", "client"] == 0


def test_every_cause_of_a_disconnect_is_counted_from_the_start() -> None:
    """Each cause that the streams name is there with 0 before it first happens."""
    package = Path(module.__file__).parent
    named = {
        cause
        for path in package.glob("*.py")
        for cause in re.findall(r'cause="([a-z_]+)"', path.read_text(encoding="utf-8"))
    }

    found = values(WebTelemetry())
    assert named == set(module.DISCONNECT_CAUSES)
    assert {found["matinee_ws_disconnects_total", cause] for cause in named} == {0.0}


def test_refused_connections_are_counted_by_cause() -> None:
    """Each cause is there with 0 from the start, and shows how often it happened, however often
    the tally is told.
    """
    telemetry = WebTelemetry()
    causes = set(Refusal)
    before = values(telemetry)
    tally = Counter({Refusal.LATE: 2, Refusal.FULL: 1})
    telemetry.observe_refusals(tally.items())
    telemetry.observe_refusals(tally.items())
    tally[Refusal.LATE] += 1
    telemetry.observe_refusals(tally.items())

    name = "matinee_connections_refused_total"
    after = values(telemetry)
    assert {label: before[name, label] for label in causes} == dict.fromkeys(causes, 0.0)
    assert set(module.REFUSALS) == causes
    assert [after[name, cause] for cause in (Refusal.LATE, Refusal.FULL, Refusal.PEER)] == [3, 1, 0]


@pytest.mark.anyio
async def test_a_blocked_loop_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """While something holds the event loop, the time that it was held is measured."""
    monkeypatch.setattr(module, "LOOP_SAMPLE_S", 0.01)
    telemetry = WebTelemetry()
    sampling = asyncio.create_task(telemetry.sample_loop_lag())
    await asyncio.sleep(0)

    time.sleep(0.11)  # noqa: ASYNC251 - this is the fault
    for _ in range(10):  # timer, future, task: each takes one turn of the loop
        await asyncio.sleep(0)
    sampling.cancel()

    found = values(telemetry)
    assert found["matinee_event_loop_lag_seconds_count", ""] >= 1
    assert found["matinee_event_loop_lag_seconds_sum", ""] >= 0.1


@pytest.mark.anyio
async def test_the_route_answers_in_prometheus_format(
    script: httpx.AsyncClient, runs: FakeRuns
) -> None:
    """`GET /metrics` is Prometheus text with the build, the runs and the requests."""
    runs.add(make_run())
    await script.get("/api/v1/runs")

    response = await script.get("/metrics")
    names = {family.name for family in text_string_to_metric_families(response.text)}

    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert {
        "matinee_build_info",
        "matinee_http_request_duration_seconds",
        "matinee_runs",
        "matinee_heartbeat_age_seconds",
        "matinee_events_published",
        "matinee_ws_clients",
        "matinee_ws_disconnects",
        "matinee_event_loop_lag_seconds",
        "matinee_env_steps_per_second",
        "matinee_free_disk_bytes",
        "matinee_runs_in_trouble",
    } <= names


PROMISED = {
    "matinee_build_info": set[str](),
    "matinee_http_request_duration_seconds_count": {"method", "route", "status"},
    "matinee_runs": {"state"},
    "matinee_child_restarts_total": {"reason"},
    "matinee_heartbeat_age_seconds": set[str](),
    "matinee_points_written_total": set[str](),
    "matinee_db_commit_duration_seconds_count": set[str](),
    "matinee_ws_clients": set[str](),
    "matinee_ws_send_queue_bytes": set[str](),
    "matinee_ws_disconnects_total": {"reason"},
    "matinee_connections_refused_total": {"reason"},
    "matinee_event_loop_lag_seconds_count": set[str](),
}
"""Names that dashboards and alerts are built on, with their labels: they don't change."""

MOST_VALUES = 20
"""Of one label: each is a series of its own for ever."""


def test_the_promised_names_are_there() -> None:
    """From the first scrape on, each with its labels, and none that grows with what people do."""
    telemetry = WebTelemetry()
    telemetry.observe_request(method="GET", route="/api/v1/runs", status=200, duration_s=0.01)
    samples = [
        sample
        for family in text_string_to_metric_families(telemetry.render(FIGURES).decode())
        for sample in family.samples
    ]

    labels = {sample.name: sample.labels.keys() for sample in samples}
    assert {name: labels.get(name, set()) >= wanted for name, wanted in PROMISED.items()} == (
        dict.fromkeys(PROMISED, True)
    )
    assert PROMISED.keys() <= labels.keys()
    assert not any("run_id" in each for each in labels.values())
    for name in labels:
        values_of = [tuple(s.labels.items()) for s in samples if s.name == name]
        assert len(values_of) <= MOST_VALUES or name.endswith("_bucket"), name


def test_commits_and_what_waits_are_reported() -> None:
    """As they were observed last."""
    telemetry = WebTelemetry()
    telemetry.observe_commit(0.003)
    telemetry.observe_waiting(70_000)
    telemetry.observe_waiting(5_000)
    found = values(telemetry)
    assert found["matinee_db_commit_duration_seconds_count", ""] == 1
    assert found["matinee_db_commit_duration_seconds_bucket", "0.0025"] == 0
    assert found["matinee_db_commit_duration_seconds_bucket", "0.005"] == 1
    assert found["matinee_ws_send_queue_bytes", ""] == 5_000
