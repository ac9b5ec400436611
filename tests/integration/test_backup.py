"""A backup that is made while runs train at full speed, and a server on what was restored of it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from integration.live_server import FAST_RUN, LiveServer, child_environment, matinee_command
from matinee.journal.integrity import check_record
from matinee.runs.backup_manifest import BackupManifest, read_backup
from matinee.runs.folders import RunFolders
from matinee.storage.token_file import TokenFile

BACKUP_TIMEOUT_S = 100
BUSY_RUN = {
    **FAST_RUN,
    "budget": {"env_steps": None, "seconds": 600},
    "evaluation": {"episodes": 0},
    # As often as it may: one is deleted for each that is saved.
    "checkpoint": {"every_seconds": 1, "keep_last": 1},
    # How it learns differs from machine to machine: only what holds a run up shall raise an alert.
    "alerts": {
        "performance_collapse": 1.0,
        "return_plateau": -1.0,
        "entropy_collapse": 0.001,
        "entropy_stuck": 0.999,
        "action_degeneracy": 1.0,
        "improbable_actions": 1e4,
        "value_explosion": 1e6,
        "value_loss_explosion": 1e6,
        "critic_useless": -10.0,
        "gradient_clipped": 1.0,
        "policy_lag": 1e4,
        "policy_drift": 10.0,
    },
}
"""As fast as it can."""


def matinee(server: LiveServer, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command beside the server, to its end."""
    return subprocess.run(
        matinee_command(*arguments),
        env=child_environment(runtime_dir=server.runtime_dir),
        capture_output=True,
        text=True,
        timeout=BACKUP_TIMEOUT_S,
        check=False,
    )


def episodes_of(server: LiveServer, run_id: str) -> list[str]:
    """Every episode so far, as the server tells it."""
    return server.client.get(f"/api/v1/runs/{run_id}/episodes.jsonl").text.splitlines()


@pytest.mark.timeout(240)
def test_runs_at_full_speed_are_backed_up_and_restored(
    own_server: LiveServer, new_server: Callable[..., LiveServer], tmp_path: Path
) -> None:
    """While two runs train, saving and deleting checkpoints all the time, a backup is made; a new
    server on what is restored of it has both runs with every episode up to then, checkpoints that
    load, sound databases, the named tokens, and a token of its own. The runs train on unharmed.
    """
    run_ids = {own_server.create({**BUSY_RUN, "name": f"busy {n}"})["id"] for n in range(2)}
    for run_id in run_ids:
        own_server.wait_for(run_id, "running")
        own_server.wait_for_steps(run_id, 5_000)
        own_server.command(run_id, "checkpoints")
    viewer = own_server.client.post("/api/v1/tokens", json={"name": "lab", "role": "viewer"})
    before = {
        run_id: {**own_server.run(run_id), "episodes": episodes_of(own_server, run_id)}
        for run_id in run_ids
    }
    assert all(run["episodes"] for run in before.values())

    made = matinee(
        own_server,
        "backup",
        str(tmp_path / "b"),
        "--data-dir",
        str(own_server.data_dir),
        "--verify",
    )

    assert made.returncode == 0, made.stderr
    manifest = read_backup(tmp_path / "b")
    assert {run.id for run in manifest.runs} == run_ids
    assert manifest.left_out == []
    for run_id in run_ids:
        after = own_server.run(run_id)
        assert after["state"] == "running"
        assert after["alerts"] == before[run_id]["alerts"] == []
        own_server.wait_for_steps(run_id, after["progress"]["env_steps"])

    folder = tmp_path / "restored"
    back = matinee(own_server, "restore", str(tmp_path / "b"), "--data-dir", str(folder))
    assert back.returncode == 0, back.stderr
    for run_id in run_ids:
        assert check_record(folder / "runs" / run_id) == []
    other = new_server(folder).start()
    try:
        _look_at(other, manifest, before, secret=viewer.json()["token"])
        assert other.token != own_server.token
    finally:
        other.clean_up()
    for run_id in run_ids:
        assert own_server.run(run_id)["state"] == "running"


def _look_at(
    server: LiveServer, manifest: BackupManifest, before: dict[str, Any], *, secret: str
) -> None:
    for backed_up in manifest.runs:
        run = server.run(backed_up.id)
        assert (run["state"], run["name"]) == ("interrupted", before[backed_up.id]["name"])
        told = episodes_of(server, backed_up.id)
        assert len(told) == backed_up.episodes
        assert told[: len(before[backed_up.id]["episodes"])] == before[backed_up.id]["episodes"]
        assert run["last_seq"] > backed_up.last_seq  # That it is interrupted, too.
        kept = server.client.get(f"/api/v1/runs/{backed_up.id}/checkpoints").json()["items"]
        assert sorted(each["id"] for each in kept) == sorted(backed_up.checkpoints)
        assert kept
        for each in kept:
            path = f"/api/v1/runs/{backed_up.id}/checkpoints/{each['id']}/download"
            assert server.client.get(path).is_success
    assert [token.name for token in TokenFile(server.data_dir).tokens()] == ["lab"]
    me = httpx.get(f"{server.base_url}/api/v1/me", headers={"Authorization": f"Bearer {secret}"})
    assert me.json()["role"] == "viewer"
    done = matinee(server, "doctor", "--data-dir", str(server.data_dir), "--json")
    assert all("little_space" in line for line in done.stdout.splitlines()), done.stdout
    # It goes on from its newest checkpoint.
    run_id = manifest.runs[0].id
    server.command(run_id, "start")
    server.wait_for(run_id, "running")
    steps = server.run(run_id)["progress"]["env_steps"]
    server.wait_for_steps(run_id, steps)
    server.command(run_id, "abort")
    assert RunFolders(server.data_dir).assemble(run_id).state == "aborted"
