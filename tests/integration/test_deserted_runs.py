"""A run process that dies while no server watches: `matinee doctor` finds and mends that."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from integration.live_server import LONG_RUN, LiveServer, child_environment, matinee_command

TIMEOUT_S = 120


def examined(server: LiveServer, *flags: str) -> tuple[int, list[dict[str, Any]]]:
    """What `matinee doctor` ends with, and what it finds."""
    done = subprocess.run(
        matinee_command("doctor", "--json", "--data-dir", str(server.data_dir), *flags),
        env=child_environment(runtime_dir=server.runtime_dir),
        stdout=subprocess.PIPE,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, [each for each in found if each["code"] != "little_space"]


@pytest.mark.timeout(300)
def test_a_run_that_died_unwatched_is_found_interrupted_and_resumed(
    new_server: Callable[..., LiveServer],
) -> None:
    """While its process lives nothing is said of a run; once it was killed, a repair interrupts it,
    and a new server resumes it where its checkpoint is.
    """
    server = new_server().start()
    try:
        run_id = server.create(LONG_RUN, wait=20)["id"]
        server.wait_for_steps(run_id, 100)
        assert server.command(run_id, "checkpoints")["state"] == "applied"
        saved = server.run(run_id)["progress"]["env_steps"]
        server.kill()
        assert examined(server) == (0, [])

        process = server.run_process(run_id)
        process.kill()
        process.wait(TIMEOUT_S)
        code, (found,) = examined(server)
        assert code == 1
        assert (found["where"], found["code"], found["repairable"]) == (run_id, "deserted", True)
        assert f"(pid {process.pid}) is gone" in found["what"]

        code, (mended,) = examined(server, "--repair")
        assert (code, mended["repaired"] is not None) == (0, True)
        assert examined(server) == (0, [])

        server.start()
        run = server.run(run_id)
        assert run["state"] == "interrupted"
        assert "matinee doctor" in run["reason"]
        assert server.command(run_id, "start")["state"] == "applied"
        server.wait_for_steps(run_id, saved)
        assert examined(server) == (0, [])
        assert server.command(run_id, "stop")["state"] == "applied"
    finally:
        server.clean_up()
