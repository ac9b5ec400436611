"""The HTTP API of a real server with real run processes."""

from __future__ import annotations

import csv
import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from integration.live_server import FAST_RUN, LONG_RUN, LiveServer
from matinee.contracts.problem import Problem


@pytest.fixture(scope="module")
def finished(live_server: LiveServer) -> dict[str, Any]:
    """A run that has been trained to its end."""
    run = live_server.create(FAST_RUN)
    return live_server.wait_for(run["id"], "finished")


def run_ids(live_server: LiveServer) -> list[str]:
    """Of all runs that there are; what else is told of them may change at any moment."""
    return [run["id"] for run in live_server.client.get("/api/v1/runs").json()["items"]]


def test_the_server_is_ready(live_server: LiveServer) -> None:
    """Every readiness check of a fresh server is good, and each says what it looked at."""
    answer = live_server.client.get("/readyz")

    assert answer.status_code == 200
    assert {name: check["ok"] for name, check in answer.json()["checks"].items()} == {
        "data_dir": True,
        "disk": True,
        "records": True,
        "supervisor": True,
    }


@pytest.mark.parametrize(
    ("change", "loc", "allowed"),
    [
        ({"environment": {"id": "NoSuchEnv-v1"}}, ["environment", "id"], ""),
        ({"environment": {"id": "os:CartPole-v1"}}, ["environment", "id"], ""),
        ({"environment": {"id": "a:b:c"}}, ["environment", "id"], ""),
        (
            {"hyperparameters": {"learning_rate": -1}},
            ["hyperparameters", "learning_rate"],
            "1e-07 to 1",
        ),
        ({"workers": 10**9}, ["workers"], "64"),
        ({"workers": 10**400}, ["workers"], "finite"),
        ({"wrokers": 1}, ["wrokers"], "unknown field"),
        ({"preset": "no-such-preset"}, ["preset"], "known"),
    ],
)
def test_a_senseless_run_is_refused_and_not_made(
    live_server: LiveServer, change: dict[str, Any], loc: list[str], allowed: str
) -> None:
    """A wrong spec is 422 with the field and what is allowed there, and no run exists after it."""
    before = run_ids(live_server)

    answer = live_server.client.post("/api/v1/runs", json={**FAST_RUN, **change})
    problem = Problem.model_validate_json(answer.content)

    assert answer.status_code == 422
    errors = {tuple(error.loc): error.message for error in problem.errors}
    assert tuple(loc) in errors
    assert allowed in errors[tuple(loc)]
    assert run_ids(live_server) == before


def test_a_number_that_is_none_is_refused(live_server: LiveServer) -> None:
    """NaN in a spec, which JSON does not have but many writers send, is 422 with the field."""
    body = json.dumps({**FAST_RUN, "hyperparameters": {"learning_rate": float("nan")}})

    answer = live_server.client.post(
        "/api/v1/runs", content=body, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["hyperparameters", "learning_rate"]


def test_a_repeated_request_makes_one_run(live_server: LiveServer) -> None:
    """Twenty requests at once with one Idempotency-Key make one run; another body is refused."""
    spec = {**FAST_RUN, "start": False}
    headers = {"Idempotency-Key": "twenty-at-once"}
    gate = threading.Barrier(20)

    def send(_: int) -> httpx.Response:
        gate.wait(30)
        return live_server.client.post("/api/v1/runs", json=spec, headers=headers)

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(send, range(20)))
    other = live_server.client.post("/api/v1/runs", json={**spec, "workers": 2}, headers=headers)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_of_two_edits_one_wins(live_server: LiveServer) -> None:
    """Two edits at once of one revision: one is made, the other is told that it is late."""
    run = live_server.create({**FAST_RUN, "start": False})
    address = f"/api/v1/runs/{run['id']}"
    headers = {"If-Match": live_server.client.get(address).headers["etag"]}
    gate = threading.Barrier(2)

    def edit(name: str) -> httpx.Response:
        gate.wait(30)
        return live_server.client.patch(address, json={"name": name}, headers=headers)

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(edit, ["one", "two"]))

    assert sorted(answer.status_code for answer in answers) == [200, 412]
    winner = next(answer for answer in answers if answer.status_code == 200)
    assert live_server.run(run["id"])["name"] == winner.json()["name"]


def test_runs_are_found_by_what_they_are(live_server: LiveServer) -> None:
    """Filters and keyset pages of the list work on real runs."""
    made = [
        live_server.create({**FAST_RUN, "start": False, "group": "found", "name": f"take {n}"})[
            "id"
        ]
        for n in range(5)
    ]

    seen: list[str] = []
    cursor: str | None = None
    while True:
        query = "group=found&state=created&limit=2" + (f"&cursor={cursor}" if cursor else "")
        page = live_server.client.get(f"/api/v1/runs?{query}").json()
        seen += [run["id"] for run in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == made[::-1]
    found = live_server.client.get("/api/v1/runs", params={"group": "found", "q": "TAKE 3"}).json()
    assert [run["name"] for run in found["items"]] == ["take 3"]


def test_a_change_of_the_learning_rate_is_applied_and_recorded(live_server: LiveServer) -> None:
    """PATCH with `wait` answers with the env step; status, ledger and events tell the same.

    Each change says before, after, and whether the training mode uses it.
    """
    run = live_server.create(LONG_RUN)
    live_server.wait_for_steps(run["id"], 0)
    address = f"/api/v1/runs/{run['id']}/hyperparameters"

    command = live_server.client.patch(address, params={"wait": 20}, json={"learning_rate": 0.005})
    document = command.json()
    status = live_server.client.get(address).json()
    live_server.command(run["id"], "abort")

    assert command.status_code == 200
    assert (document["state"], document["actor"]) == ("applied", "token")
    assert document["applied_at_env_step"] >= 0
    assert document["changes"] == {
        "learning_rate": {"before": 0.01, "after": 0.005, "applies": True, "live_class": "live"}
    }
    rate = next(item for item in status["items"] if item["name"] == "learning_rate")
    assert (rate["applied"], rate["applied_at_env_step"]) == (
        0.005,
        document["applied_at_env_step"],
    )
    assert document["id"] in [row["id"] for row in live_server.commands(run["id"])]
    changes = live_server.events(run["id"], types="hyperparameters_changed")
    assert [(e["env_step"], e["command_id"]) for e in changes] == [
        (document["applied_at_env_step"], document["id"])
    ]
    assert live_server.run(run["id"])["steered"]


def test_an_alert_threshold_is_changed_while_it_trains(live_server: LiveServer) -> None:
    """The ledger and the run show it; null takes it back; a wrong one is named with its range."""
    run = live_server.create(LONG_RUN)
    live_server.wait_for_steps(run["id"], 0)
    address = f"/api/v1/runs/{run['id']}/alerts"
    patch, wait = live_server.client.patch, {"wait": 20}

    changed = patch(address, params=wait, json={"return_plateau": 0.5, "slow": 0.25}).json()
    wrong = patch(address, json={"slow": 7, "boredom": 1})
    shown = live_server.run(run["id"])["alert_thresholds"]
    patch(address, params=wait, json={"slow": None})
    left = live_server.run(run["id"])["alert_thresholds"]
    live_server.command(run["id"], "abort")

    assert (changed["state"], changed["actor"]) == ("applied", "token")
    assert changed["applied_at_env_step"] > 0
    assert changed["threshold_changes"]["slow"] == {"before": 0.5, "after": 0.25}
    assert wrong.status_code == 422
    first, second = wrong.json()["errors"]
    assert (first["loc"], second["loc"]) == (["slow"], ["boredom"])
    assert first["message"] == "7 is not allowed; allowed: a number from 0.05 to 0.95"
    assert shown == {"return_plateau": 0.5, "slow": 0.25}
    assert left == {"return_plateau": 0.5}


@pytest.mark.parametrize(
    ("settings", "loc"),
    [
        ({"learning_rate": -1}, ["learning_rate"]),
        ({"learning_rate": 2}, ["learning_rate"]),
        ({"gamma": 0.5, "no_such_thing": 1}, ["no_such_thing"]),
    ],
)
def test_a_senseless_change_is_refused_whole(
    live_server: LiveServer, settings: dict[str, Any], loc: list[str]
) -> None:
    """All or nothing: one wrong setting, and none of them is changed."""
    run = live_server.create(LONG_RUN)
    live_server.wait_for_steps(run["id"], 0)
    address = f"/api/v1/runs/{run['id']}/hyperparameters"
    before = live_server.client.get(address).json()["revision"]

    answer = live_server.client.patch(address, json=settings)
    stale = live_server.client.patch(
        address, json={"gamma": 0.5}, headers={"If-Match": f'"{before + 7}"'}
    )
    after = live_server.client.get(address).json()["revision"]
    live_server.command(run["id"], "abort")

    assert answer.status_code == 422
    assert [error["loc"] for error in answer.json()["errors"]] == [loc]
    assert stale.status_code == 412
    assert after == before


def test_what_does_not_fit_the_state_is_a_conflict(
    live_server: LiveServer, finished: dict[str, Any]
) -> None:
    """Pausing a run that has ended is 409 with a code; stopping it again is no error."""
    address = f"/api/v1/runs/{finished['id']}"

    paused = live_server.client.post(f"{address}/pause")
    stopped = live_server.client.post(f"{address}/stop", params={"wait": 5})

    assert (paused.status_code, paused.json()["code"]) == (409, "wrong_state")
    assert stopped.status_code == 200


def test_exports_are_exact_and_complete(live_server: LiveServer, finished: dict[str, Any]) -> None:
    """Both formats have every episode, the same ones, and as many as the run has counted."""
    address = f"/api/v1/runs/{finished['id']}"
    lines = live_server.client.get(f"{address}/episodes.jsonl").text.splitlines()
    rows = list(csv.DictReader(io.StringIO(live_server.client.get(f"{address}/episodes.csv").text)))
    metrics = live_server.client.get(f"{address}/metrics.jsonl").text.splitlines()
    table = list(csv.DictReader(io.StringIO(live_server.client.get(f"{address}/metrics.csv").text)))

    episodes = [json.loads(line) for line in lines]
    assert len(episodes) == finished["progress"]["episodes"] == len(rows)
    assert [episode["episode"] for episode in episodes] == list(range(1, len(episodes) + 1))
    assert [float(row["return"]) for row in rows] == [e["return"] for e in episodes]
    assert len(metrics) == len(table) > 0
    assert {"policy_loss", "entropy"} <= {json.loads(line)["metric"] for line in metrics}


def test_a_series_has_what_was_asked(live_server: LiveServer, finished: dict[str, Any]) -> None:
    """Columns of equal length per metric, at most as many points as asked, up to the last event."""
    answer = live_server.client.get(
        f"/api/v1/runs/{finished['id']}/series?metric=episode_return,entropy&points=20"
    ).json()

    assert answer["next"] == finished["last_seq"]
    for metric in ("episode_return", "entropy"):
        columns = answer["metrics"][metric]
        lengths = {len(columns[name]) for name in ("x", "mean", "min", "max", "count")}
        assert len(lengths) == 1
        assert 0 < lengths.pop() <= 20


def test_figures_follow_the_runs(live_server: LiveServer, finished: dict[str, Any]) -> None:
    """`/metrics` counts published events and the requests that led to them."""
    text = live_server.client.get("/metrics").text
    published = next(
        line for line in text.splitlines() if line.startswith("matinee_events_published_total ")
    )

    assert float(published.split()[1]) >= finished["last_seq"]
    assert 'route="/api/v1/runs",status="201"' in text


def test_a_deleted_run_is_gone(live_server: LiveServer) -> None:
    """After DELETE the run, its record and its folder do not exist any more."""
    run = live_server.create({**FAST_RUN, "start": False})
    live_server.command(run["id"], "abort")
    address = f"/api/v1/runs/{run['id']}"

    assert live_server.client.delete(address).status_code == 204
    for path in ("", "/events", "/series?metric=entropy", "/episodes.csv", "/commands"):
        assert live_server.client.get(address + path).status_code == 404
    assert not (live_server.data_dir / "runs" / run["id"]).exists()


def test_the_link_logs_a_browser_in(live_server: LiveServer) -> None:
    """The printed link gives a cookie that reads the API and, with our Origin, acts."""
    with httpx.Client(base_url=live_server.base_url, follow_redirects=False) as browser:
        assert browser.get("/api/v1/runs").status_code == 401
        link = live_server.client.post("/api/v1/login-codes").json()["path"]
        answer = browser.get(link)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert browser.get("/api/v1/runs").status_code == 200
        origin = {"Origin": live_server.base_url}
        created = browser.post("/api/v1/runs", json={**FAST_RUN, "start": False}, headers=origin)
        assert created.status_code == 201
        assert browser.post("/api/v1/runs", json=FAST_RUN).status_code == 403
        assert browser.post("/logout", headers=origin).status_code == 204
        assert browser.get("/api/v1/runs").status_code == 401
