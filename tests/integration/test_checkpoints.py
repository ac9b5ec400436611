"""Checkpoints of real runs: saved, kept, gone back to, and gone on from."""

from __future__ import annotations

import itertools
from typing import Any

import httpx
import pytest

from integration.live_server import LONG_RUN, LiveServer, eventually

RUNS = "/api/v1/runs"
QUIET = {"checkpoint": {"every_seconds": None, "keep_last": 2, "keep_best": False}}
"""Nothing is saved by time: the test says when."""


def _started(server: LiveServer, **changes: Any) -> str:
    run_id = str(server.create({**LONG_RUN, **QUIET, **changes}, wait=20)["id"])
    server.wait_for_steps(run_id, 300)
    return run_id


def _checkpoints(server: LiveServer, run_id: str) -> list[dict[str, Any]]:
    answer = server.client.get(f"{RUNS}/{run_id}/checkpoints")
    assert answer.status_code == httpx.codes.OK, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    folder = server.data_dir / "runs" / run_id / "checkpoints"
    assert {item["id"] for item in items} == {path.name for path in folder.iterdir()}
    return items


def _saved(server: LiveServer, run_id: str, **body: Any) -> str:
    command = server.command(run_id, "checkpoints", **body)
    assert command["state"] == "applied", command
    return str(command["checkpoint_id"])


def _tuned(server: LiveServer, run_id: str, **settings: Any) -> dict[str, Any]:
    answer = server.client.patch(
        f"{RUNS}/{run_id}/hyperparameters", params={"wait": 20}, json=settings
    )
    assert answer.is_success, answer.text
    document: dict[str, Any] = answer.json()
    assert document["state"] == "applied", document
    return document


def _trained_on(server: LiveServer, run_id: str, env_steps: int = 300) -> None:
    server.wait_for_steps(run_id, server.run(run_id)["progress"]["env_steps"] + env_steps)


def _axis(server: LiveServer, run_id: str) -> list[int]:
    """Env steps of every flush that the record has."""
    events = server.events(run_id, types="metrics_summarised")
    return [event["progress"]["env_steps"] for event in events]


def _assert_it_goes_on(server: LiveServer, run_id: str) -> None:
    axis = _axis(server, run_id)
    assert all(before <= after for before, after in itertools.pairwise(axis))
    episodes = [
        (event["first_episode"], event["last_episode"])
        for event in server.events(run_id, types="episodes_finished")
    ]
    assert all(last + 1 == first for (_, last), (first, _) in itertools.pairwise(episodes))


def test_when_checkpoints_are_saved(live_server: LiveServer) -> None:
    """On command, before a risky change, at a pause and at the end; the ledger names each."""
    run_id = _started(live_server)
    asked = _saved(live_server, run_id, pinned=False)
    harmless = _tuned(live_server, run_id, entropy_coefficient=0.011)
    risky = _tuned(live_server, run_id, learning_rate=0.5)
    paused = live_server.command(run_id, "pause")
    live_server.command(run_id, "stop")
    live_server.wait_for(run_id, "stopped")

    assert harmless["checkpoint_id"] is None
    found = {item["id"]: item for item in _checkpoints(live_server, run_id)}
    saved = {
        event["checkpoint_id"]: event
        for event in live_server.events(run_id, types="checkpoint_saved")
    }
    causes = [event["cause"] for event in saved.values()]
    assert causes == ["command", "change", "pause", "end"]
    assert saved[asked]["cause"] == "command"
    assert found[risky["checkpoint_id"]]["command_id"] == risky["id"]
    assert saved[paused["checkpoint_id"]]["cause"] == "pause"
    assert asked not in found, "two of those by time, at a pause, at the end are kept"


def test_a_pinned_checkpoint_outlives_the_others(live_server: LiveServer) -> None:
    """Until somebody unpins it, also after the end of the run; then the next save takes it away."""
    run_id = _started(live_server)
    pinned = _saved(live_server, run_id)
    later = [_saved(live_server, run_id, pinned=False) for _ in range(3)]
    assert [item["id"] for item in _checkpoints(live_server, run_id)] == [
        later[2],
        later[1],
        pinned,
    ]
    live_server.command(run_id, "stop")
    live_server.wait_for(run_id, "stopped")

    answer = live_server.client.patch(
        f"{RUNS}/{run_id}/checkpoints/{pinned}", params={"wait": 20}, json={"pinned": False}
    )
    assert answer.is_success, answer.text
    items = {item["id"]: item for item in _checkpoints(live_server, run_id)}
    assert not items[pinned]["pinned"]


@pytest.mark.parametrize("paused", [False, True])
def test_a_run_is_rewound(live_server: LiveServer, *, paused: bool) -> None:
    """While it trains or stands: the axis goes on, what came after is marked, settings are back."""
    run_id = _started(live_server)
    checkpoint = _saved(live_server, run_id)
    _tuned(live_server, run_id, learning_rate=0.5)
    _trained_on(live_server, run_id)
    if paused:
        live_server.command(run_id, "pause")

    command = live_server.command(run_id, "rewind", checkpoint_id=checkpoint)

    assert (command["state"], command["checkpoint_id"]) == ("applied", checkpoint)
    assert live_server.run(run_id)["state"] == ("paused" if paused else "running")
    if paused:
        live_server.command(run_id, "resume")
    _trained_on(live_server, run_id)
    settings = live_server.client.get(f"{RUNS}/{run_id}/hyperparameters").json()["items"]
    rate = next(item for item in settings if item["name"] == "learning_rate")
    assert rate["applied"] == 0.01
    _assert_it_goes_on(live_server, run_id)
    (told,) = live_server.events(run_id, types="run_rewound")
    assert told["abandoned"]["until_env_step"] - told["abandoned"]["from_env_step"] >= 300
    before = [item for item in _checkpoints(live_server, run_id) if item["cause"] == "rewind"]
    assert all(item["abandoned"] for item in before)


def test_a_rewind_in_two_processes(live_server: LiveServer) -> None:
    """Its worker processes end, and others come up with the checkpoint's weights."""
    run_id = _started(live_server, workers=2, processes=2)

    def processes() -> list[str]:
        events = live_server.events(run_id, types="worker_process_changed")
        return [event["status"] for event in events]

    eventually(lambda: processes() == ["running"], what="worker process", timeout_s=100)
    checkpoint = _saved(live_server, run_id)
    _trained_on(live_server, run_id)

    command = live_server.command(run_id, "rewind", checkpoint_id=checkpoint)

    assert command["state"] == "applied", command
    _trained_on(live_server, run_id)
    eventually(
        lambda: processes() == ["running", "finished", "running"],
        what="second worker process",
        timeout_s=100,
    )
    _assert_it_goes_on(live_server, run_id)


def test_a_damaged_checkpoint_is_refused(live_server: LiveServer) -> None:
    """With its own code, and the run goes on as if nobody had asked."""
    run_id = _started(live_server)
    checkpoint = _saved(live_server, run_id)
    folder = live_server.data_dir / "runs" / run_id / "checkpoints" / checkpoint
    (folder / "learner.safetensors").write_bytes(b"oh no")

    damaged = live_server.client.post(f"{RUNS}/{run_id}/rewind", json={"checkpoint_id": checkpoint})
    missing = live_server.client.post(f"{RUNS}/{run_id}/rewind", json={"checkpoint_id": run_id})

    assert (damaged.status_code, damaged.json()["code"]) == (409, "checkpoint_damaged")
    assert (missing.status_code, missing.json()["code"]) == (404, "checkpoint_not_found")
    _trained_on(live_server, run_id)
    assert live_server.events(run_id, types="run_rewound") == []


def test_a_killed_run_goes_on_where_its_record_ends(live_server: LiveServer) -> None:
    """It begins from its newest checkpoint, on an axis that never goes back."""
    run_id = _started(live_server)
    checkpoint = _saved(live_server, run_id)
    _trained_on(live_server, run_id)
    live_server.run_process(run_id).kill()
    failed = live_server.wait_for(run_id, "failed")

    live_server.command(run_id, "start")
    live_server.wait_for(run_id, "running")

    live_server.wait_for_steps(run_id, failed["progress"]["env_steps"] + 300)
    (told,) = live_server.events(run_id, types="run_rewound")
    assert (told["checkpoint_id"], told["cause"]) == (checkpoint, "resume")
    assert told["abandoned"]["until_env_step"] == failed["progress"]["env_steps"]
    _assert_it_goes_on(live_server, run_id)


def test_a_finished_run_goes_on_with_a_larger_budget(live_server: LiveServer) -> None:
    """Refused without one, with what to give; with one it goes on to there."""
    run_id = _started(live_server, budget={"env_steps": 600})
    finished = live_server.wait_for(run_id, "finished")

    refused = live_server.client.post(f"{RUNS}/{run_id}/start")
    live_server.command(run_id, "resume", budget={"env_steps": 1200})

    assert (refused.status_code, refused.json()["code"]) == (422, "budget_used_up")
    again = eventually(lambda: _ended(live_server, run_id, finished["last_seq"]), what="second end")
    assert again["progress"]["env_steps"] >= 1200
    assert again["budget"]["env_steps"] == 1200
    assert again["spec"]["budget"]["env_steps"] == 600
    assert live_server.events(run_id, types="run_rewound") == []
    _assert_it_goes_on(live_server, run_id)


def _ended(server: LiveServer, run_id: str, after: int) -> dict[str, Any] | None:
    run = server.run(run_id)
    return run if run["state"] == "finished" and run["last_seq"] > after else None


def test_a_stopped_run_starts_from_an_earlier_checkpoint(live_server: LiveServer) -> None:
    """A rewind of a run that has ended is a start from there."""
    run_id = _started(live_server)
    checkpoint = _saved(live_server, run_id)
    _trained_on(live_server, run_id)
    live_server.command(run_id, "stop")
    live_server.wait_for(run_id, "stopped")

    command = live_server.command(run_id, "rewind", checkpoint_id=checkpoint)

    assert command["action"]["name"] == "start"
    _trained_on(live_server, run_id)
    (told,) = live_server.events(run_id, types="run_rewound")
    assert (told["checkpoint_id"], told["cause"]) == (checkpoint, "command")
    _assert_it_goes_on(live_server, run_id)
