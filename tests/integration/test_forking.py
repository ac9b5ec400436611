"""Forks of real runs: they begin where another stood, and go their own way."""

from __future__ import annotations

import itertools
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from integration.live_server import (
    LONG_RUN,
    LiveServer,
    child_environment,
    eventually,
    matinee_command,
)

RUNS = "/api/v1/runs"
QUIET = {"checkpoint": {"every_seconds": None, "keep_last": 2, "keep_best": False}}
"""Nothing is saved by time: the test says when."""


def _started(server: LiveServer, **changes: Any) -> str:
    run_id = str(server.create({**LONG_RUN, **QUIET, **changes}, wait=20)["id"])
    server.wait_for_steps(run_id, 300)
    return run_id


def _forked(server: LiveServer, run_id: str, **body: Any) -> dict[str, Any]:
    answer = server.client.post(f"{RUNS}/{run_id}/fork", params={"wait": 20}, json=body)
    assert answer.status_code == httpx.codes.CREATED, answer.text
    fork: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == f"{RUNS}/{fork['id']}"
    return fork


def _folder(server: LiveServer, run_id: str, checkpoint_id: str) -> Path:
    return server.data_dir / "runs" / run_id / "checkpoints" / checkpoint_id


def _rate(server: LiveServer, run_id: str) -> float:
    items = server.client.get(f"{RUNS}/{run_id}/hyperparameters").json()["items"]
    return float(next(item["applied"] for item in items if item["name"] == "learning_rate"))


def _own_checkpoint(server: LiveServer, fork_id: str) -> dict[str, Any]:
    """The one that a fork began with."""
    saved = server.events(fork_id, types="checkpoint_saved")
    assert saved[0]["cause"] == "fork"
    return saved[0]


def test_a_live_run_is_forked_from_now(live_server: LiveServer) -> None:
    """Both train on side by side, the fork with its own settings, on the parent's axis."""
    parent_id = _started(live_server, group="siblings", tags=["a"])
    before = live_server.run(parent_id)

    fork = _forked(live_server, parent_id, hyperparameters={"learning_rate": 0.02}, name="twin")

    started = live_server.wait_for(fork["id"], "running")
    begun = fork["parent"]["env_step"]
    assert fork["parent"]["run_id"] == parent_id
    assert (fork["name"], fork["group"], fork["tags"]) == ("twin", "siblings", ["a"])
    assert fork["spec"]["hyperparameters"]["learning_rate"] == 0.02
    assert begun >= before["progress"]["env_steps"]
    assert started["progress"]["env_steps"] >= begun
    live_server.wait_for_steps(fork["id"], begun + 600)
    live_server.wait_for_steps(parent_id, begun + 600)
    assert (_rate(live_server, parent_id), _rate(live_server, fork["id"])) == (0.01, 0.02)

    axis = [
        event["progress"]["env_steps"]
        for event in live_server.events(fork["id"], types="metrics_summarised")
    ]
    assert axis[0] == begun
    assert all(one <= two for one, two in itertools.pairwise(axis))
    episodes = live_server.events(fork["id"], types="episodes_finished")
    assert episodes[0]["first_episode"] == fork["parent"]["episodes"] + 1
    counted = [(event["first_episode"], event["last_episode"]) for event in episodes]
    assert all(last + 1 == first for (_, last), (first, _) in itertools.pairwise(counted))

    (created,) = live_server.events(fork["id"], types="run_created")
    assert created["parent"] == fork["parent"]
    birth, start = live_server.commands(fork["id"])
    assert birth["action"] == {
        "name": "fork",
        "run_id": parent_id,
        "checkpoint_id": fork["parent"]["checkpoint_id"],
        "settings": {"learning_rate": 0.02},
    }
    assert (birth["state"], birth["applied_at_env_step"]) == ("applied", begun)
    change = birth["changes"]["learning_rate"]
    assert (change["before"], change["after"]) == (0.01, 0.02)
    assert (start["action"]["name"], start["applied_at_env_step"]) == ("start", begun)


def test_a_fork_leaves_its_parent_alone(live_server: LiveServer) -> None:
    """Of the parent only a checkpoint is asked, and nothing of it is kept for the fork's sake."""
    parent_id = _started(live_server)
    folder = live_server.data_dir / "runs" / parent_id
    before = live_server.run(parent_id)

    fork = _forked(live_server, parent_id)

    after = live_server.run(parent_id)
    assert {**after, "progress": 0, "last_seq": 0} == {**before, "progress": 0, "last_seq": 0}
    (asked,) = live_server.commands(parent_id)[1:]
    assert asked["action"] == {"name": "checkpoint", "pinned": False}
    assert asked["checkpoint_id"] == fork["parent"]["checkpoint_id"]
    assert [path.name for path in (folder / "checkpoints").iterdir()] == [asked["checkpoint_id"]]
    assert fork["steered"] is False


def test_a_fork_has_the_learner_of_the_checkpoint(live_server: LiveServer) -> None:
    """Byte for byte, in a folder of its own; what becomes of the parent does it no harm."""
    parent_id = _started(live_server)
    checkpoint = live_server.command(parent_id, "checkpoints")["checkpoint_id"]
    live_server.wait_for_steps(parent_id, live_server.run(parent_id)["progress"]["env_steps"] + 300)
    live_server.command(parent_id, "stop")
    live_server.wait_for(parent_id, "stopped")
    files = {
        name: (_folder(live_server, parent_id, checkpoint) / name).read_bytes()
        for name in ("learner.safetensors", "state.json")
    }

    fork = _forked(live_server, parent_id, checkpoint_id=checkpoint)

    own = _own_checkpoint(live_server, fork["id"])
    live_server.wait_for_steps(fork["id"], own["env_step"] + 300)
    copy = _folder(live_server, fork["id"], own["checkpoint_id"])
    assert {name: (copy / name).read_bytes() for name in files} == files
    original = _folder(live_server, parent_id, checkpoint) / "learner.safetensors"
    assert not original.samefile(copy / "learner.safetensors")

    assert live_server.client.delete(f"{RUNS}/{parent_id}").is_success
    rewound = live_server.command(fork["id"], "rewind", checkpoint_id=own["checkpoint_id"])
    assert rewound["state"] == "applied", rewound
    (told,) = live_server.events(fork["id"], types="run_rewound")
    assert told["to_env_step"] == told["abandoned"]["from_env_step"] == own["env_step"]
    assert told["abandoned"]["from_episode"] == fork["parent"]["episodes"]
    assert told["abandoned"]["from_seconds"] == own["seconds"]
    live_server.run_process(fork["id"]).kill()
    failed = live_server.wait_for(fork["id"], "failed")
    live_server.command(fork["id"], "start")
    live_server.wait_for_steps(fork["id"], failed["progress"]["env_steps"] + 100)
    assert live_server.run(fork["id"])["parent"]["run_id"] == parent_id


def test_a_fork_goes_on_from_what_was_steered(live_server: LiveServer) -> None:
    """Settings, mode and alerts are those of the checkpoint and not of the parent's beginning."""
    parent_id = _started(live_server)
    changes = {"learning_rate": 0.003, "algorithm": "a2c", "workers": 2}
    answer = live_server.client.patch(
        f"{RUNS}/{parent_id}/hyperparameters", params={"wait": 20}, json=changes
    )
    assert answer.json()["state"] == "applied", answer.text

    fork = _forked(live_server, parent_id, hyperparameters={"optimizer": "rmsprop"})

    assert (fork["algorithm"], fork["spec"]["algorithm"]) == ("a2c", "a2c")
    assert fork["spec"]["workers"] == 2
    live_server.wait_for_steps(fork["id"], fork["parent"]["env_step"] + 300)
    items = live_server.client.get(f"{RUNS}/{fork['id']}/hyperparameters").json()["items"]
    applied = {item["name"]: item["applied"] for item in items}
    assert {**changes, "optimizer": "rmsprop"}.items() <= applied.items()
    live_server.command(fork["id"], "stop")
    live_server.wait_for(fork["id"], "stopped")


def test_a_fork_needs_a_budget_that_is_left(live_server: LiveServer) -> None:
    """Refused with what to give; with a larger one the fork trains to there."""
    parent_id = _started(live_server, budget={"env_steps": 600})
    done = live_server.wait_for(parent_id, "finished")["progress"]["env_steps"]

    refused = live_server.client.post(f"{RUNS}/{parent_id}/fork")
    fork = _forked(live_server, parent_id, budget={"env_steps": done + 600})

    assert (refused.status_code, refused.json()["code"]) == (422, "budget_used_up")
    assert refused.json()["errors"][0]["loc"] == ["budget", "env_steps"]
    finished = live_server.wait_for(fork["id"], "finished")
    assert finished["progress"]["env_steps"] >= done + 600
    assert finished["spec"]["budget"]["env_steps"] == done + 600
    assert live_server.run(parent_id)["state"] == "finished"


@pytest.mark.parametrize(
    "spec",
    [
        {"algorithm": "ga3c"},
        {"algorithm": "ppo"},
        {"algorithm": "a3c", "lockstep": True, "workers": 2},
        {"algorithm": "a3c", "workers": 2, "processes": 2},
    ],
    ids=lambda spec: "-".join(map(str, spec.values())),
)
def test_every_mode_can_be_forked(live_server: LiveServer, *, spec: dict[str, Any]) -> None:
    """From a run that stands; the parent stands on."""
    parent_id = _started(live_server, **spec)
    live_server.command(parent_id, "pause")

    fork = _forked(live_server, parent_id)

    eventually(
        lambda: (
            live_server.run(fork["id"])["progress"]["env_steps"] > fork["parent"]["env_step"] + 300
        ),
        what="progress of the fork",
        timeout_s=100,
    )
    assert live_server.run(parent_id)["state"] == "paused"


def test_checkpoints_and_forks_from_the_command_line(live_server: LiveServer) -> None:
    """Save, go back, fork with another setting: each prints the id that the next one takes."""
    run_id = _started(live_server)

    def matinee(*arguments: str) -> str:
        result = subprocess.run(
            matinee_command("runs", *arguments, "--data-dir", str(live_server.data_dir)),
            env=child_environment(
                runtime_dir=live_server.runtime_dir, MATINEE_URL=live_server.base_url
            ),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    checkpoint = matinee("checkpoints", "save", run_id)
    assert matinee("checkpoints", "rewind", run_id, checkpoint) == checkpoint
    fork = matinee("fork", run_id, "--checkpoint", checkpoint, "--set", "gamma=0.9")

    run = live_server.run(fork)
    assert run["parent"]["checkpoint_id"] == checkpoint
    assert run["spec"]["hyperparameters"]["gamma"] == 0.9
    assert [
        item["id"]
        for item in live_server.client.get(f"{RUNS}/{run_id}/checkpoints").json()["items"]
        if item["pinned"]
    ] == [checkpoint]
