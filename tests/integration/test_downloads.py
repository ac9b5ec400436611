"""A policy that was trained here is played elsewhere, by a program that has nothing of Matinee."""

from __future__ import annotations

import io
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

from integration.live_server import LiveServer

PLAYER = """
import pathlib, runpy, sys
sys.path.insert(0, str(pathlib.Path(sys.argv[1]).parent))
runpy.run_path(sys.argv[1], run_name="__main__")
foreign = {"matinee", "torch", "pydantic"} & {name.split(".")[0] for name in sys.modules}
assert not foreign, foreign
"""
"""`python play.py`, and a look at what that has imported."""


@pytest.mark.timeout(400)
def test_a_downloaded_policy_plays_well(live_server: LiveServer, tmp_path: Path) -> None:
    """CartPole is balanced in a child process with NumPy, Gymnasium and safetensors only."""
    run_id = str(live_server.create({"preset": "cartpole-a3c", "seed": 1}, wait=20)["id"])
    live_server.wait_for(run_id, "finished", timeout_s=250)
    (newest, *_) = live_server.client.get(f"/api/v1/runs/{run_id}/checkpoints").json()["items"]
    url = f"/api/v1/runs/{run_id}/checkpoints/{newest['id']}/download"

    answer = live_server.client.get(url)
    again = live_server.client.get(url, headers={"If-None-Match": answer.headers["ETag"]})

    assert (answer.status_code, again.status_code) == (httpx.codes.OK, httpx.codes.NOT_MODIFIED)
    disposition = answer.headers["Content-Disposition"]
    assert disposition == f'attachment; filename="{run_id}-{newest["id"]}.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as zipped:
        zipped.extractall(tmp_path)
    folder = tmp_path / f"checkpoint-{newest['id']}"
    assert {path.name for path in folder.iterdir()} == {
        "learner.safetensors",
        "state.json",
        "policy.json",
        "manifest.json",
        "policy.py",
        "play.py",
    }
    weights = load((folder / "learner.safetensors").read_bytes())["weights"]
    assert np.isfinite(weights).all()

    # -I: neither this checkout nor an environment variable helps.
    played = subprocess.run(
        [sys.executable, "-I", "-c", PLAYER, str(folder / "play.py")],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert played.returncode == 0, played.stderr
    returns = [float(text) for text in re.findall(r"return (\S+)", played.stdout)]
    assert len(returns) == 10
    assert mean(returns) > 400
