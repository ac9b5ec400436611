"""A policy that was trained here is played elsewhere, by a program that has nothing of Matinee."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from statistics import mean

import httpx
import numpy as np
import pytest
from safetensors.numpy import load

from integration.live_server import FAST_RUN, LiveServer

PLAYER = """
import pathlib, runpy, sys
del sys.argv[0]
sys.path.insert(0, str(pathlib.Path(sys.argv[0]).parent))
runpy.run_path(sys.argv[0], run_name="__main__")
foreign = {"matinee", "torch", "pydantic"} & {name.split(".")[0] for name in sys.modules}
assert not foreign, foreign
"""
"""`python play.py`, and a look at what that has imported."""


def take(server: LiveServer, run_id: str, folder: Path) -> Path:
    """The newest checkpoint of a run, downloaded and unpacked."""
    (newest, *_) = server.client.get(f"/api/v1/runs/{run_id}/checkpoints").json()["items"]
    url = f"/api/v1/runs/{run_id}/checkpoints/{newest['id']}/download"

    answer = server.client.get(url)
    again = server.client.get(url, headers={"If-None-Match": answer.headers["ETag"]})

    assert (answer.status_code, again.status_code) == (httpx.codes.OK, httpx.codes.NOT_MODIFIED)
    disposition = answer.headers["Content-Disposition"]
    assert disposition == f'attachment; filename="{run_id}-{newest["id"]}.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as zipped:
        zipped.extractall(folder)
    return folder / f"checkpoint-{newest['id']}"


def play(folder: Path, episodes: int) -> list[float]:
    """The returns that its program tells."""
    # -I: neither this checkout nor an environment variable helps.
    played = subprocess.run(
        [sys.executable, "-I", "-c", PLAYER, str(folder / "play.py"), str(episodes)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert played.returncode == 0, played.stderr
    returns = [float(text) for text in re.findall(r"return (\S+)", played.stdout)]
    assert len(returns) == episodes
    return returns


@pytest.mark.timeout(400)
def test_a_downloaded_policy_plays_well(live_server: LiveServer, tmp_path: Path) -> None:
    """CartPole is balanced in a child process with NumPy, Gymnasium and safetensors only."""
    run_id = str(live_server.create({"preset": "cartpole-a3c", "seed": 1}, wait=20)["id"])
    live_server.wait_for(run_id, "finished", timeout_s=250)

    folder = take(live_server, run_id, tmp_path)

    assert {path.name for path in folder.iterdir()} == {
        "learner.safetensors",
        "state.json",
        "policy.json",
        "manifest.json",
        "policy.py",
        "environment.py",
        "physics.py",
        "play.py",
        "README.md",
    }
    weights = load((folder / "learner.safetensors").read_bytes())["weights"]
    assert np.isfinite(weights).all()
    assert mean(play(folder, 10)) > 400


def test_a_downloaded_policy_plays_in_the_environment_of_its_checkpoint(
    live_server: LiveServer, tmp_path: Path
) -> None:
    """Parameters that were changed live count from the next checkpoint on, and not before."""
    slow = {
        **FAST_RUN,
        "environment": {"id": "Pendulum-v1"},
        "hyperparameters": {"gravity": 4.0, "target_steps_per_second": 1500},
        "budget": {"env_steps": None, "seconds": 600},
        "evaluation": {"episodes": 0},
    }
    run_id = str(live_server.create(slow, wait=20)["id"])
    live_server.wait_for_steps(run_id, 100)
    url = f"/api/v1/runs/{run_id}"
    parameters, returns = [], []
    for number, gravity in enumerate((None, 40.0)):
        if gravity is not None:
            changed = live_server.client.patch(
                f"{url}/hyperparameters", params={"wait": 20}, json={"gravity": gravity}
            )
            assert changed.json()["state"] == "applied"
        saved = live_server.client.post(f"{url}/checkpoints", params={"wait": 20})
        assert saved.json()["state"] == "applied"
        folder = take(live_server, run_id, tmp_path / str(number))
        about = json.loads((folder / "policy.json").read_text())
        parameters.append(about["environment_parameters"])
        assert f"gravity {parameters[-1]['gravity']:g}" in (folder / "README.md").read_text()
        (told,) = play(folder, 1)
        returns.append(told)
        # The same weights in gymnasium's own environment fare otherwise.
        plain = {**about, "environment_parameters": {}}
        (folder / "policy.json").write_text(json.dumps(plain))
        assert play(folder, 1) != [told]
    live_server.command(run_id, "abort")

    assert [each["gravity"] for each in parameters] == [4.0, 40.0]
    assert parameters[0] | {"gravity": 40.0} == parameters[1]
    assert returns[1] < returns[0]


def test_a_downloaded_policy_plays_a_game_of_the_ale(
    live_server: LiveServer, tmp_path: Path
) -> None:
    """Prepared as in its run's test episodes: whole games, the same for the same seed."""
    pytest.importorskip("ale_py")
    game = {
        "id": "ALE/Breakout-v5",
        "kwargs": {"img_height": 42, "img_width": 42, "max_num_frames_per_episode": 800},
        "normalize_observations": True,
    }
    spec = {
        **FAST_RUN,
        "environment": game,
        "network": {"hidden": [32], "convolution": "a3c"},
        "envs_per_worker": 2,
        "budget": {"env_steps": 100},
        "evaluation": {"episodes": 0},
    }
    run_id = str(live_server.create(spec, wait=20)["id"])
    live_server.wait_for(run_id, "finished", timeout_s=100)

    folder = take(live_server, run_id, tmp_path)

    assert "ale-py" in (folder / "README.md").read_text()
    assert play(folder, 2) == play(folder, 2)
