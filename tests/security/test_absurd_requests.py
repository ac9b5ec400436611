"""What would bring the machine to its knees is refused before anything of it is made.

The server here is whole: its limits, its planning and its queue are those of `matinee serve`.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from fakes.counted_calls import counted_calls
from fakes.whole_server import WholeServer, whole_server
from matinee.errors import MAX_NAMED_FIELDS

pytestmark = pytest.mark.anyio

MOST_CALLS, MOST_CALLS_PER_BYTE = 50_000, 0.75
"""Of Python functions and of those in C, the client's too, for a request and for what must be read
of it; a common machine makes ten million a second.
"""
MOST_GROWTH_BYTES = 20 * 2**20
ACTIVE, QUEUED, STARTS, AT_ONCE = 1, 3, 200, 50
CARTPOLE: dict[str, Any] = {"environment": {"id": "CartPole-v1"}}


def hyper(**settings: Any) -> dict[str, Any]:
    """A run with these hyperparameters."""
    return CARTPOLE | {"hyperparameters": settings}


NAMES = [f"n{number}" for number in range(70_000)]
"""Of fields; as many as a body has room for."""

ABSURD: list[tuple[dict[str, Any] | str, list[str]]] = [
    (CARTPOLE | {"workers": 10**9}, ["workers"]),
    (CARTPOLE | {"workers": 65}, ["workers"]),
    (CARTPOLE | {"workers": 10**400}, ["workers"]),
    (CARTPOLE | {"workers": 64, "envs_per_worker": 10**7}, ["envs_per_worker"]),
    (CARTPOLE | {"processes": 10**6}, ["processes"]),
    (CARTPOLE | {"seed": -1}, ["seed"]),
    (CARTPOLE | {"network": {"hidden": [10**7]}}, ["network", "hidden", "0"]),
    (CARTPOLE | {"network": {"hidden": [1] * 10_000}}, ["network", "hidden"]),
    (CARTPOLE | {"network": {"hidden": [2048] * 8, "shared_trunk": False}}, ["network", "hidden"]),
    (CARTPOLE | {"network": {"hidden": [64], "lstm": 10**6}}, ["network", "lstm"]),
    (hyper(learning_rate=-1), ["hyperparameters", "learning_rate"]),
    (hyper(learning_rate=1e308), ["hyperparameters", "learning_rate"]),
    (hyper(rollout_length=10**9), ["hyperparameters", "rollout_length"]),
    (hyper(rollout_length=2048) | {"envs_per_worker": 4096}, ["hyperparameters", "rollout_length"]),
    (
        {"environment": {"id": "ALE/Pong-v5"}, "envs_per_worker": 128, "workers": 64,
         "hyperparameters": {"rollout_length": 512}},
        ["hyperparameters", "rollout_length"],
    ),
    (hyper(queue_capacity=10**9), ["hyperparameters", "queue_capacity"]),
    (CARTPOLE | {"budget": {"env_steps": 10**30}}, ["budget", "env_steps"]),
    (CARTPOLE | {"budget": {"seconds": -1}}, ["budget", "seconds"]),
    (CARTPOLE | {"evaluation": {"episodes": 10**9}}, ["evaluation", "episodes"]),
    (CARTPOLE | {"checkpoint": {"keep_last": 10**9}}, ["checkpoint", "keep_last"]),
    (CARTPOLE | {"record": {"keep_metric_rows": 10**18}}, ["record", "keep_metric_rows"]),
    (CARTPOLE | {"name": "x" * 100_000}, ["name"]),
    (CARTPOLE | {"tags": ["x"] * 10_000}, ["tags"]),
    (CARTPOLE | {"plan": [{"env_step": 1, "hyperparameters": {"gamma": 0.9}}] * 10_000}, ["plan"]),
    (CARTPOLE | {"plan": [{"env_step": 1, "hyperparameters": dict.fromkeys(NAMES[:90], 0)}] * 1000},
     ["plan", "0", "hyperparameters", NAMES[0]]),
    (hyper(**dict.fromkeys(NAMES[:100], 0)), ["hyperparameters", NAMES[0]]),
    (hyper(**dict.fromkeys(NAMES, 0)), ["hyperparameters"]),
    (CARTPOLE | {"alerts": dict.fromkeys(NAMES, 0)}, ["alerts"]),
    (CARTPOLE | dict.fromkeys(NAMES, 0), [NAMES[0]]),
    ({"environment": {"id": "CartPole-v1", "kwargs": dict.fromkeys(NAMES, 0)}},
     ["environment", "kwargs"]),
    (json.dumps(dict.fromkeys(NAMES, 0))[:-1] + f', "{NAMES[0]}": 0}}', [NAMES[0]]),
    ('{"tags": [' + "NaN," * 200_000 + "1]}", ["tags", "0"]),
    ('{"tags": ' + "[" * 800 + "NaN" + "]" * 800 + "}", ["tags", *["0"] * 800]),
    ('{"environment": {"id": "CartPole-v1"}, "hyperparameters": {"learning_rate": NaN}}',
     ["hyperparameters", "learning_rate"]),
    ('{"environment": {"id": "CartPole-v1"}, "hyperparameters": {"learning_rate": Infinity}}',
     ["hyperparameters", "learning_rate"]),
    ('{"environment": {"id": "CartPole-v1"}, "hyperparameters": {"learning_rate": 1e999}}',
     ["hyperparameters", "learning_rate"]),
]  # fmt: skip
"""Bodies, as JSON where Python's own would not do, and which field is to blame."""


@pytest.fixture(scope="module")
async def whole(
    tmp_path_factory: pytest.TempPathFactory, runtime_dir: Path, environment_cache: Path
) -> AsyncIterator[WholeServer]:
    """One server for all that is asked."""
    folder = tmp_path_factory.mktemp("data")
    folder.chmod(0o700)
    async with whole_server(
        folder,
        runtime_dir=runtime_dir,
        environment_cache=environment_cache,
        max_active_runs=ACTIVE,
        max_queued_runs=QUEUED,
    ) as server:
        (await server.client.get("/api/v1/environments")).raise_for_status()
        yield server


async def refused(whole: WholeServer, body: dict[str, Any] | str) -> list[list[str]]:
    """Which fields a refusal of this body blames."""
    content = body if isinstance(body, str) else json.dumps(body)
    headers = {"Content-Type": "application/json"}
    answer = await whole.client.post("/api/v1/runs", headers=headers, content=content)
    assert answer.status_code == 422, answer.text[:500]
    return [list(map(str, error["loc"])) for error in answer.json()["errors"]]


@pytest.mark.parametrize(("body", "loc"), ABSURD)
async def test_what_is_absurd_is_refused_cheaply(
    whole: WholeServer, body: dict[str, Any] | str, loc: list[str]
) -> None:
    """422 at the field that is to blame, for work that grows no faster than the body; nothing is
    made.
    """
    content = body if isinstance(body, str) else json.dumps(body)
    await refused(whole, content)

    with counted_calls() as work:
        blamed = await refused(whole, content)

    assert loc in blamed
    assert len(blamed) <= MAX_NAMED_FIELDS
    assert work.calls < MOST_CALLS + MOST_CALLS_PER_BYTE * len(content)
    assert (await whole.client.get("/api/v1/runs")).json()["items"] == []


async def test_absurd_requests_leave_nothing_in_memory(whole: WholeServer) -> None:
    """A hundred of them, of every kind, make the server grow by less than 20 MB."""
    for body, _ in ABSURD:
        await refused(whole, body)
    before_bytes = psutil.Process().memory_info().rss

    for _ in range(4):
        for body, _ in ABSURD:
            await refused(whole, body)

    assert psutil.Process().memory_info().rss - before_bytes < MOST_GROWTH_BYTES


async def test_a_flood_of_starts_ends_at_the_queue(whole: WholeServer) -> None:
    """Of any number of starts at once so many are let in as may run and wait; all others get 429,
    for little work each, and leave neither a folder nor memory behind.
    """
    body = CARTPOLE | {"workers": 1, "envs_per_worker": 1, "budget": {"env_steps": 10**12}}
    first = [(await whole.client.post("/api/v1/runs", json=body)) for _ in range(ACTIVE + QUEUED)]
    before_bytes = psutil.Process().memory_info().rss
    gate = asyncio.Semaphore(AT_ONCE)

    async def start() -> tuple[int, str]:
        async with gate:
            answer = await whole.client.post("/api/v1/runs", json=body)
        return answer.status_code, answer.json()["code"]

    with counted_calls() as work:
        answers = Counter(await asyncio.gather(*(start() for _ in range(STARTS))))

    assert {answer.status_code for answer in first} == {201}
    assert answers == {(429, "too_many_queued_runs"): STARTS}
    assert work.calls / STARTS < MOST_CALLS
    assert psutil.Process().memory_info().rss - before_bytes < MOST_GROWTH_BYTES
    assert len(list((whole.data_dir / "runs").iterdir())) == ACTIVE + QUEUED
    for run in (await whole.client.get("/api/v1/runs")).json()["items"]:
        await whole.client.post(f"/api/v1/runs/{run['id']}/abort", params={"wait": 20})
