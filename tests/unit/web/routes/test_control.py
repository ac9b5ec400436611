"""Steering: commands, their outcome, hyperparameters, the ledger."""

from __future__ import annotations

import httpx
import pytest

from fakes.run_use_cases import FakeRuns, make_run
from matinee.contracts.commands import (
    Abort,
    Action,
    CommandState,
    Pause,
    Resume,
    SetAlertThresholds,
    SetHyperparameters,
    Start,
    Step,
    Stop,
)
from matinee.contracts.run import Run
from matinee.contracts.schedules import LinearSchedule
from matinee.web.routes import control as module

pytestmark = pytest.mark.anyio


@pytest.fixture
def run(runs: FakeRuns) -> Run:
    """A run to steer."""
    return runs.add(make_run())


@pytest.mark.parametrize("action", [Start(), Pause(), Resume(), Stop(), Abort()])
async def test_each_action_becomes_its_command(
    script: httpx.AsyncClient, runs: FakeRuns, run: Run, action: Action
) -> None:
    """`POST …/{action}` asks the service for exactly that action, and answers 202."""
    response = await script.post(f"/api/v1/runs/{run.id}/{action.name}")

    assert response.status_code == 202
    assert response.json()["action"] == action.model_dump(mode="json")
    assert runs.calls[-1] == ("command", (action, "token", 0.0))


@pytest.mark.parametrize("name", ["start", "resume"])
async def test_an_ended_run_goes_on_from_somewhere_with_some_budget(
    script: httpx.AsyncClient, runs: FakeRuns, run: Run, name: str
) -> None:
    """The checkpoint, and exactly what was sent of the budget: left out is not null."""
    body = {"checkpoint_id": run.id, "budget": {"env_steps": None}}

    response = await script.post(f"/api/v1/runs/{run.id}/{name}", json=body)
    wrong = await script.post(f"/api/v1/runs/{run.id}/{name}", json={"budget": {"steps": 1}})

    assert (response.status_code, wrong.status_code) == (202, 422)
    action = runs.ledger[-1].action
    assert isinstance(action, Start | Resume)
    assert (action.name, action.checkpoint_id) == (name, run.id)
    assert action.budget is not None
    assert action.budget.model_dump(exclude_unset=True) == {"env_steps": None}


async def test_interrupting_is_not_for_people(script: httpx.AsyncClient, run: Run) -> None:
    """The server's own command has no route."""
    assert (await script.post(f"/api/v1/runs/{run.id}/interrupt")).status_code == 404


@pytest.mark.parametrize(
    ("outcome", "query", "expected"),
    [
        (CommandState.APPLIED, "?wait=5", 200),
        (CommandState.REJECTED, "?wait=5", 200),
        (CommandState.ACCEPTED, "?wait=5", 202),
        (CommandState.PENDING, "?wait=5", 202),
        (CommandState.APPLIED, "", 202),
        (CommandState.REJECTED, "?wait=0", 202),
    ],
)
async def test_the_status_tells_whether_it_is_done(
    script: httpx.AsyncClient,
    runs: FakeRuns,
    *,
    outcome: CommandState,
    query: str,
    expected: int,
) -> None:
    """200 only for who waited and knows the outcome; 202 means: look at the ledger."""
    runs.outcome = outcome
    run = runs.add(make_run())

    response = await script.post(f"/api/v1/runs/{run.id}/pause{query}")

    assert response.status_code == expected
    assert response.json()["state"] == outcome


async def test_a_step_is_counted_one_way(
    script: httpx.AsyncClient, runs: FakeRuns, run: Run
) -> None:
    """A step has either env_steps or updates; both, none, or less than one is refused."""
    address = f"/api/v1/runs/{run.id}/step"

    taken = await script.post(address, json={"updates": 3})
    refused = [
        await script.post(address, json=body)
        for body in ({}, {"updates": 1, "env_steps": 1}, {"updates": 0}, {"env_steps": 1.5})
    ]

    assert taken.status_code == 202
    assert runs.calls == [("command", (Step(updates=3), "token", 0.0))]
    assert {response.status_code for response in refused} == {422}


async def test_a_ramp_from_here_becomes_one_with_numbers(
    script: httpx.AsyncClient, runs: FakeRuns, run: Run
) -> None:
    """The command that is recorded says from which value and until which env step."""
    response = await script.patch(
        f"/api/v1/runs/{run.id}/hyperparameters",
        json={"gamma": {"schedule": "from_here", "to": 0.9, "for_env_steps": 1000}},
    )

    assert response.status_code == 202
    assert response.json()["action"]["settings"]["gamma"] == {
        "schedule": "linear", "from": 0.99, "to": 0.9, "from_env_step": None,
        "until_env_step": 1100,
    }  # fmt: skip
    assert runs.calls[-1][0] == "command"


async def test_settings_become_one_command(
    script: httpx.AsyncClient, runs: FakeRuns, run: Run
) -> None:
    """Numbers, choices and schedules of one PATCH are one command, with the revision seen."""
    response = await script.patch(
        f"/api/v1/runs/{run.id}/hyperparameters?wait=1",
        json={
            "learning_rate": {"schedule": "linear", "from": 0.01, "to": 0, "until_env_step": 1000},
            "gamma": 0.9,
            "optimizer": "adam",
        },
        headers={"If-Match": '"3"'},
    )

    assert response.status_code == 200
    assert runs.calls[-1] == (
        "command",
        (
            SetHyperparameters(
                settings={
                    "learning_rate": LinearSchedule.model_validate(
                        {"schedule": "linear", "from": 0.01, "to": 0, "until_env_step": 1000}
                    ),
                    "gamma": 0.9,
                    "optimizer": "adam",
                },
                expected_revision=3,
            ),
            "token",
            1.0,
        ),
    )
    shown = response.json()["action"]["settings"]["learning_rate"]
    assert (shown["from"], shown["until_env_step"]) == (0.01, 1000)


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ("{}", ["body"]),
        ('{"learning_rate": NaN}', ["learning_rate"]),
        ('{"learning_rate": null}', ["learning_rate"]),
        ('{"learning_rate": [1]}', ["learning_rate"]),
        ('{"learning_rate": {"schedule": "linear", "from": 1, "to": 0}}', "until_env_step"),
        ('{"learning_rate": {"schedule": "zigzag"}}', ["learning_rate"]),
        ('{"learning_rate": {"schedule": "linear", "from": 1e999}}', "from"),
    ],
)
async def test_a_wrong_setting_is_named_once(
    script: httpx.AsyncClient, runs: FakeRuns, run: Run, body: str, loc: list[str] | str
) -> None:
    """One message per wrong field, at that field, and nothing reaches the run."""
    response = await script.patch(
        f"/api/v1/runs/{run.id}/hyperparameters",
        content=body,
        headers={"Content-Type": "application/json"},
    )
    errors = response.json()["errors"]

    assert response.status_code == 422
    assert len(errors) == 1
    assert errors[0]["loc"] == (loc if isinstance(loc, list) else ["learning_rate", loc])
    assert runs.calls == []


async def test_thresholds_become_one_command(
    script: httpx.AsyncClient, runs: FakeRuns, run: Run
) -> None:
    """Numbers and nulls of one PATCH are one command."""
    response = await script.patch(
        f"/api/v1/runs/{run.id}/alerts?wait=1", json={"policy_lag": 50, "slow": None}
    )

    assert response.status_code == 200
    action = SetAlertThresholds(thresholds={"policy_lag": 50.0, "slow": None})
    assert runs.calls == [("command", (action, "token", 1.0))]


@pytest.mark.parametrize("body", ["{}", '{"slow": NaN}', '{"slow": "much"}', '{"slow": [1]}'])
async def test_what_is_no_threshold_never_reaches_the_run(
    script: httpx.AsyncClient, runs: FakeRuns, run: Run, body: str
) -> None:
    """Only finite numbers and null are thresholds."""
    response = await script.patch(
        f"/api/v1/runs/{run.id}/alerts",
        content=body,
        headers={"Content-Type": "application/json"},
    )

    assert response.status_code == 422
    assert runs.calls == []


async def test_hyperparameters_have_a_revision(script: httpx.AsyncClient, run: Run) -> None:
    """The ETag of the hyperparameters is what If-Match of a change takes."""
    response = await script.get(f"/api/v1/runs/{run.id}/hyperparameters")

    assert response.headers["etag"] == '"3"'
    assert response.json()["revision"] == 3


async def test_the_ledger_comes_in_pages(
    script: httpx.AsyncClient, runs: FakeRuns, run: Run
) -> None:
    """Page by page every command comes once, oldest first, and the last page says so."""
    address = f"/api/v1/runs/{run.id}"
    for _ in range(4):
        await script.post(f"{address}/pause")

    first = (await script.get(f"{address}/commands?limit=3")).json()
    second = (await script.get(f"{address}/commands?limit=3&cursor={first['next_cursor']}")).json()
    exact = (await script.get(f"{address}/commands?limit=4")).json()

    ids = [item["id"] for item in (*first["items"], *second["items"])]
    assert ids == [command.id for command in runs.ledger]
    assert second["next_cursor"] is None
    assert exact["next_cursor"] is None
    assert module.router.prefix.endswith("{run_id}")
